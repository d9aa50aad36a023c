import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('deals', '0001_initial'),
        ('pipelines', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage_key', models.SlugField(max_length=60)),
                ('kind', models.CharField(choices=[('instruction', 'Instruction'), ('script', 'Script'), ('question', 'Question'), ('objection', 'Objection'), ('material', 'Material')], max_length=12)),
                ('position', models.PositiveIntegerField(default=0)),
                ('is_archived', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('pipeline', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='book_entries', to='pipelines.pipeline')),
            ],
            options={
                'verbose_name_plural': 'entries',
                'ordering': ['position', 'id'],
                'indexes': [models.Index(fields=['pipeline', 'stage_key'], name='entry_stage')],
            },
        ),
        migrations.CreateModel(
            name='EntryVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('text', models.TextField(blank=True, verbose_name='text')),
                ('answers', models.JSONField(blank=True, default=list)),
                ('url', models.URLField(blank=True, max_length=1000, verbose_name='link')),
                ('stored_name', models.CharField(blank=True, max_length=80)),
                ('file_name', models.CharField(blank=True, max_length=255)),
                ('size_bytes', models.BigIntegerField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='salesbook.entry')),
            ],
            options={
                'ordering': ['entry', '-number'],
                'constraints': [models.UniqueConstraint(fields=('entry', 'number'), name='entry_version_once')],
            },
        ),
        migrations.AddField(
            model_name='entry',
            name='current',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='salesbook.entryversion'),
        ),
        migrations.CreateModel(
            name='Usage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('deal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='book_usages', to='deals.deal')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='usages', to='salesbook.entry')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='salesbook.entryversion')),
            ],
            options={
                'indexes': [models.Index(fields=['deal'], name='usage_deal')],
                'constraints': [models.UniqueConstraint(fields=('entry', 'deal'), name='usage_once')],
            },
        ),
    ]
