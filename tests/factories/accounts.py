import factory
from allauth.account.models import EmailAddress

from accounts.models import User
from accounts.roles import make_instructor


class UserFactory(factory.django.DjangoModelFactory):
    """A candidate with the password "secret-word-1"; traits: `instructor`, `superuser`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        superuser = factory.Trait(is_staff=True, is_superuser=True)

    email = factory.Sequence(lambda number: f"person-{number}@example.com")
    name = factory.Sequence(lambda number: f"Person {number}")

    @classmethod
    def _create(cls, model_class, *args, instructor=False, **fields):
        user = model_class.objects.create_user(password="secret-word-1", **fields)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        if instructor:
            make_instructor(user)
        return user
