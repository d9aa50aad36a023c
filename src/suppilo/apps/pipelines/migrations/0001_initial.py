import django.db.models.deletion
import django.utils.timezone
import suppilo.apps.pipelines.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Pipeline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True, verbose_name='name')),
                ('template', models.CharField(blank=True, max_length=40)),
                ('currency', models.CharField(default='EUR', max_length=3, verbose_name='currency')),
                ('visibility', models.CharField(choices=[('own', 'Own'), ('team', "Own and the team's"), ('all', 'All')], default='team', max_length=10)),
                ('position', models.PositiveIntegerField(default=0)),
                ('is_archived', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='PipelineVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('skipping', models.CharField(choices=[('refused', "Stages can't be skipped"), ('allowed', 'Stages may be skipped')], default='refused', max_length=10)),
                ('waiver_roles', models.JSONField(default=suppilo.apps.pipelines.models.default_waivers)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pipeline', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='pipelines.pipeline')),
            ],
            options={
                'ordering': ['pipeline', 'number'],
                'constraints': [models.UniqueConstraint(fields=('pipeline', 'number'), name='version_once')],
            },
        ),
        migrations.AddField(
            model_name='pipeline',
            name='current',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='pipelines.pipelineversion'),
        ),
        migrations.CreateModel(
            name='Stage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=60)),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('kind', models.CharField(choices=[('open', 'Open'), ('won', 'Won'), ('lost', 'Lost'), ('disqualified', 'Disqualified')], default='open', max_length=12)),
                ('group', models.CharField(choices=[('top', 'Top'), ('middle', 'Middle'), ('bottom', 'Bottom'), ('after', 'After')], default='top', max_length=10)),
                ('probability', models.DecimalField(decimal_places=4, max_digits=5)),
                ('expected_days', models.PositiveIntegerField(null=True)),
                ('colour', models.CharField(blank=True, max_length=7)),
                ('position', models.PositiveIntegerField()),
                ('advance', models.CharField(choices=[('off', 'Nothing'), ('suggest', 'The move is suggested'), ('move', 'The deal moves by itself')], default='off', max_length=10)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stages', to='pipelines.pipelineversion')),
            ],
            options={
                'ordering': ['version', 'position'],
                'constraints': [models.UniqueConstraint(fields=('version', 'key'), name='stage_key_once'), models.UniqueConstraint(fields=('version', 'position'), name='stage_position_once'), models.CheckConstraint(condition=models.Q(('probability__gte', 0), ('probability__lte', 1)), name='stage_probability')],
            },
        ),
        migrations.CreateModel(
            name='Criterion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=60)),
                ('moment', models.CharField(choices=[('enter', 'To enter the stage'), ('leave', 'To leave the stage for a later one')], default='enter', max_length=10)),
                ('kind', models.CharField(choices=[('field', 'A field'), ('participant', 'A participant'), ('activity', 'An activity'), ('document', 'A document'), ('event', 'An event'), ('approval', 'An approval'), ('discount', 'The discount'), ('checklist', 'A checklist item')], max_length=12)),
                ('settings', models.JSONField(default=dict)),
                ('position', models.PositiveIntegerField(default=0)),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='criteria', to='pipelines.stage')),
            ],
            options={
                'ordering': ['stage', 'position', 'id'],
                'constraints': [models.UniqueConstraint(fields=('stage', 'key'), name='criterion_key_once')],
            },
        ),
        migrations.CreateModel(
            name='LostReason',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('position', models.PositiveIntegerField(default=0)),
                ('is_archived', models.BooleanField(default=False)),
                ('pipeline', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lost_reasons', to='pipelines.pipeline')),
            ],
            options={
                'ordering': ['pipeline', 'position', 'id'],
                'constraints': [models.UniqueConstraint(fields=('pipeline', 'name'), name='lost_reason_once')],
            },
        ),
        migrations.CreateModel(
            name='CustomField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=60)),
                ('label', models.CharField(max_length=100, verbose_name='label')),
                ('kind', models.CharField(choices=[('text', 'Text'), ('number', 'Number'), ('money', 'Money'), ('date', 'Date'), ('yes_no', 'Yes or no'), ('choice', 'Choice')], max_length=10)),
                ('choices', models.JSONField(blank=True, default=list)),
                ('position', models.PositiveIntegerField(default=0)),
                ('is_archived', models.BooleanField(default=False)),
                ('pipeline', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fields', to='pipelines.pipeline')),
            ],
            options={
                'ordering': ['pipeline', 'position', 'id'],
                'constraints': [models.UniqueConstraint(fields=('pipeline', 'key'), name='field_key_once')],
            },
        ),
    ]
