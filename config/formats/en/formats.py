"""Dates as all pages write them, and moments with the time zone they are in; the admin's lists take them from here."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i T"
TIME_FORMAT = "H:i"
