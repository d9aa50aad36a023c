import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Dashboard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('visibility', models.CharField(choices=[('private', 'Only me'), ('team', 'A team'), ('everyone', 'Everyone')], default='private', max_length=10, verbose_name='who sees it')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ['name', 'id'],
                'indexes': [models.Index(fields=['owner'], name='funnels_das_owner_i_9bbf6e_idx'), models.Index(fields=['visibility', 'team'], name='funnels_das_visibil_384740_idx')],
            },
        ),
        migrations.CreateModel(
            name='SavedFunnel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('visibility', models.CharField(choices=[('private', 'Only me'), ('team', 'A team'), ('everyone', 'Everyone')], default='private', max_length=10, verbose_name='who sees it')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('description', models.TextField(blank=True, max_length=1000, verbose_name='description')),
                ('definition', models.JSONField()),
                ('dates', models.CharField(blank=True, max_length=20)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ['-updated_at', '-id'],
                'indexes': [models.Index(fields=['-updated_at', '-id'], name='funnels_sav_updated_65b162_idx'), models.Index(fields=['owner'], name='funnels_sav_owner_i_076942_idx'), models.Index(fields=['visibility', 'team'], name='funnels_sav_visibil_620067_idx')],
            },
        ),
        migrations.CreateModel(
            name='Pin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('view', models.CharField(choices=[('steps', 'Steps'), ('trend', 'Trend'), ('times', 'Time to convert'), ('breakdown', 'Breakdown'), ('compare', 'Compare'), ('correlations', 'Correlations'), ('table', 'Table')], default='steps', max_length=20)),
                ('position', models.PositiveIntegerField()),
                ('dashboard', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pins', to='funnels.dashboard')),
                ('funnel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pins', to='funnels.savedfunnel')),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
    ]
