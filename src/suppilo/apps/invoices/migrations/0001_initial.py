import django.db.models.deletion
import django.utils.timezone
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('catalogue', '0001_initial'),
        ('deals', '0001_initial'),
        ('letterhead', '0001_initial'),
        ('quotes', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('language', models.CharField(default='en', max_length=10)),
                ('customer_name', models.CharField(max_length=200, verbose_name='customer')),
                ('customer_details', models.TextField(blank=True, verbose_name='address and numbers')),
                ('contact_name', models.CharField(blank=True, max_length=200, verbose_name='contact')),
                ('contact_email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('introduction', models.TextField(blank=True, verbose_name='introduction')),
                ('terms', models.TextField(blank=True, verbose_name='terms')),
                ('seller', models.JSONField(default=dict)),
                ('list_net', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=19)),
                ('net', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=19)),
                ('tax', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=19)),
                ('total', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=19)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('number', models.CharField(blank=True, max_length=30)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('sent', 'Sent'), ('cancelled', 'Cancelled')], default='draft', max_length=12)),
                ('issued_on', models.DateField(null=True)),
                ('due_on', models.DateField(verbose_name='due')),
                ('sent_at', models.DateTimeField(null=True)),
                ('mailed_to', models.EmailField(blank=True, max_length=254)),
                ('mailed_at', models.DateTimeField(null=True)),
                ('paid', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=19)),
                ('paid_at', models.DateTimeField(null=True)),
                ('completed_at', models.DateTimeField(null=True)),
                ('cancelled_on', models.DateField(null=True)),
                ('cancel_reason', models.TextField(blank=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('deal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='deals.deal')),
                ('logo', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='letterhead.logo')),
                ('quote', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='quotes.quote')),
                ('sent_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['deal', '-id'], name='invoice_deal'), models.Index(fields=['issued_on', 'id'], name='invoice_issued'), models.Index(condition=models.Q(('paid_at', None), ('state', 'sent')), fields=['due_on', 'id'], name='invoice_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('number', ''), _negated=True), fields=('number',), name='invoice_number_once')],
            },
        ),
        migrations.CreateModel(
            name='InvoiceLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('description', models.CharField(max_length=300)),
                ('unit', models.CharField(blank=True, max_length=20)),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=14)),
                ('unit_price', models.DecimalField(decimal_places=4, max_digits=19)),
                ('discount', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=5)),
                ('tax_rate', models.DecimalField(decimal_places=4, default=Decimal('0'), max_digits=5)),
                ('net', models.DecimalField(decimal_places=4, max_digits=19)),
                ('tax', models.DecimalField(decimal_places=4, max_digits=19)),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='invoices.invoice')),
                ('product', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalogue.product')),
            ],
            options={
                'ordering': ['position'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='invoice_line_quantity'), models.CheckConstraint(condition=models.Q(('discount__gte', 0), ('discount__lte', 1), ('tax_rate__gte', 0), ('tax_rate__lte', 1)), name='invoice_line_shares'), models.UniqueConstraint(fields=('invoice', 'position'), name='invoice_line_once')],
            },
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('amount', models.DecimalField(decimal_places=4, max_digits=19)),
                ('paid_on', models.DateField()),
                ('method', models.CharField(choices=[('transfer', 'Bank transfer'), ('card', 'Card'), ('cash', 'Cash'), ('other', 'Other')], default='transfer', max_length=10)),
                ('reference', models.CharField(blank=True, max_length=200)),
                ('external_id', models.CharField(blank=True, max_length=100)),
                ('recorded_at', models.DateTimeField()),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='invoices.invoice')),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['paid_on', 'id'],
                'indexes': [models.Index(fields=['paid_on', 'id'], name='payment_paid_on')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='payment_not_nothing'), models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('invoice', 'external_id'), name='payment_external_once')],
            },
        ),
    ]
