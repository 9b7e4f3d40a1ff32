"""The language in the settings is one of the project's; the column stays as it is."""

import notifications.models.preferences
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0003_quotes_of_before"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notificationsettings",
            name="language",
            field=models.CharField(
                blank=True, choices=notifications.models.preferences.languages, max_length=10
            ),
        ),
    ]
