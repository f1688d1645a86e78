from django import template

from accounts.moments import zone_name

register = template.Library()
register.simple_tag(zone_name)
