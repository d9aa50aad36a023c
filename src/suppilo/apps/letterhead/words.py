"""What stands on papers that customers read, in the languages that the server knows.

A paper is written in its customer's language, whatever that of the person who sends it.
"""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "lv", "hu", "ru", "fi")

_TABLE = """
quote | Quote | Piedāvājums | Árajánlat | Предложение | Tarjous
invoice | Invoice | Rēķins | Számla | Счёт | Lasku
version | version | versija | változat | версия | versio
date | Date | Datums | Dátum | Дата | Päivämäärä
valid_until | Valid until | Derīgs līdz | Érvényes eddig | Действительно до | Voimassa
due | Due | Apmaksāt līdz | Fizetési határidő | Оплатить до | Eräpäivä
customer | For | Saņēmējs | Vevő | Получатель | Asiakas
contact | Contact | Kontaktpersona | Kapcsolattartó | Контактное лицо | Yhteyshenkilö
reference | Quote | Piedāvājums | Árajánlat | Предложение | Tarjous
description | Description | Apraksts | Megnevezés | Наименование | Kuvaus
quantity | Quantity | Daudzums | Mennyiség | Количество | Määrä
price | Price | Cena | Egységár | Цена | Hinta
discount | Discount | Atlaide | Kedvezmény | Скидка | Alennus
tax | VAT | PVN | ÁFA | НДС | ALV
amount | Amount | Summa | Összeg | Сумма | Summa
list_net | At list price | Pēc cenrāža | Listaáron | По прайс-листу | Listahinnoin
net | Net | Bez PVN | Nettó | Без НДС | Veroton
total | Total | Kopā | Összesen | Итого | Yhteensä
paid | Paid | Apmaksāts | Fizetve | Оплачено | Maksettu
terms | Terms | Noteikumi | Feltételek | Условия | Ehdot
page | Page | Lapa | Oldal | Страница | Sivu
draft | Draft | Melnraksts | Tervezet | Черновик | Luonnos
cancelled | Cancelled | Anulēts | Sztornózva | Аннулировано | Mitätöity
registration | Reg. no. | Reģ. nr. | Cégjegyzékszám | Рег. № | Y-tunnus
tax_number | VAT no. | PVN nr. | Adószám | № НДС | ALV-tunnus
bank | Bank | Banka | Bank | Банк | Pankki
get_pdf | Get as PDF | Lejupielādēt PDF | Letöltés PDF-ben | Скачать PDF | Lataa PDF
accept | Accept | Pieņemt | Elfogadom | Принять | Hyväksy
accept_title | Accept the quote | Pieņemt piedāvājumu | Az ajánlat elfogadása | Принять предложение | Hyväksy tarjous
your_name | Your name | Jūsu vārds | Az Ön neve | Ваше имя | Nimesi
i_accept | I accept this quote and its terms, and may do so for the customer | Pieņemu šo piedāvājumu un tā noteikumus, un drīkstu to darīt klienta vārdā | Elfogadom ezt az ajánlatot és feltételeit, és jogosult vagyok erre a vevő nevében | Я принимаю это предложение и его условия и вправе сделать это от имени клиента | Hyväksyn tämän tarjouksen ja sen ehdot, ja saan tehdä sen asiakkaan puolesta
refuse | Decline | Noraidīt | Elutasítom | Отклонить | Hylkää
refuse_title | Not what you need? | Nav tas, kas vajadzīgs? | Nem erre van szüksége? | Не подходит? | Etkö tarvitse tätä?
refuse_reason | Why not? | Kāpēc? | Miért nem? | Почему? | Miksi ei?
accepted | Accepted. Thank you! | Pieņemts. Paldies! | Elfogadva. Köszönjük! | Принято. Спасибо! | Hyväksytty. Kiitos!
accepted_by | by | pieņēma | elfogadta | принял(а) | hyväksyjä
refused | Declined. Thank you for telling us. | Noraidīts. Paldies, ka pateicāt. | Elutasítva. Köszönjük, hogy jelezte. | Отклонено. Спасибо, что сообщили. | Hylätty. Kiitos, että kerroit.
expired | This quote is no longer valid. Ask us for a new one. | Šis piedāvājums vairs nav derīgs. Palūdziet mums jaunu. | Ez az ajánlat már nem érvényes. Kérjen tőlünk újat. | Срок действия предложения истёк. Попросите у нас новое. | Tämä tarjous ei ole enää voimassa. Pyydä meiltä uusi.
withdrawn | This quote was withdrawn or replaced by a newer one. | Šis piedāvājums ir atsaukts vai aizstāts ar jaunāku. | Ezt az ajánlatot visszavontuk vagy újabb váltotta fel. | Это предложение отозвано или заменено новым. | Tämä tarjous on peruttu tai korvattu uudemmalla.
name_missing | Write your name and tick the box. | Ierakstiet vārdu un atzīmējiet lodziņu. | Írja be a nevét, és jelölje be a négyzetet. | Напишите имя и поставьте отметку. | Kirjoita nimesi ja rastita ruutu.
reason_missing | Say in a word why not. | Īsi pasakiet, kāpēc ne. | Írja meg röviden, miért nem. | Коротко напишите почему. | Kerro lyhyesti, miksi ei.
"""  # noqa: E501


def _read_table() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for row in _TABLE.strip().splitlines():
        key, *texts = (cell.strip() for cell in row.split(" | "))
        for language, text in zip(LANGUAGES, texts, strict=True):
            words[language][key] = text
    return words


_WORDS = _read_table()


def words_in(language: str) -> Mapping[str, str]:
    """Return the words of papers in a language; English where there are none."""
    return _WORDS.get(language, _WORDS["en"])
