"""The interval that is set in the admin has bounds; the column stays as it is."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0002_live_workers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="scheduledjob",
            name="every_seconds",
            field=models.FloatField(
                blank=True,
                help_text="Instead of the interval that the app declares.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(31622400),
                ],
            ),
        ),
    ]
