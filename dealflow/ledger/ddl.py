"""What the database itself enforces on a ledger, for both dialects.

SQLite knows deferred foreign keys but no deferred triggers, so an entry owes a row of `ledger_seal` until commit and a
trigger lets that row in only when the entry's postings balance.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import DDL, event

from dealflow.core.ddl import append_only

_SQLITE = [
    """CREATE TRIGGER ledger_entry_open_period BEFORE INSERT ON ledger_entry
    WHEN EXISTS (SELECT 1 FROM ledger_book WHERE id = NEW.book_id AND closed_through >= NEW.posted_on)
    BEGIN SELECT RAISE(ABORT, 'period_closed'); END""",
    """CREATE TRIGGER ledger_posting_before_seal BEFORE INSERT ON ledger_posting
    WHEN EXISTS (SELECT 1 FROM ledger_seal WHERE entry_id = NEW.entry_id)
    BEGIN SELECT RAISE(ABORT, 'entry_sealed'); END""",
    """CREATE TRIGGER ledger_posting_same_book BEFORE INSERT ON ledger_posting
    WHEN NOT EXISTS (SELECT 1 FROM ledger_entry e JOIN ledger_account a ON a.book_id = e.book_id
    WHERE e.id = NEW.entry_id AND a.id = NEW.account_id AND e.posted_on = NEW.posted_on)
    BEGIN SELECT RAISE(ABORT, 'posting_of_another_book'); END""",
    """CREATE TRIGGER ledger_seal_balanced BEFORE INSERT ON ledger_seal
    WHEN (SELECT count(*) FROM ledger_posting WHERE entry_id = NEW.entry_id) < 2 OR EXISTS
    (SELECT 1 FROM ledger_posting WHERE entry_id = NEW.entry_id GROUP BY currency HAVING sum(amount_minor) <> 0)
    BEGIN SELECT RAISE(ABORT, 'unbalanced_entry'); END""",
    """CREATE TRIGGER ledger_posting_day_total AFTER INSERT ON ledger_posting
    BEGIN INSERT INTO ledger_day (account_id, currency, posted_on, organisation_id, amount_minor)
    VALUES (NEW.account_id, NEW.currency, NEW.posted_on, NEW.organisation_id, NEW.amount_minor)
    ON CONFLICT (account_id, currency, posted_on) DO UPDATE SET amount_minor = amount_minor + excluded.amount_minor;
    END""",
]
_POSTGRES = [
    """CREATE OR REPLACE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT 1 FROM ledger_book WHERE id = NEW.book_id AND closed_through >= NEW.posted_on) THEN
    RAISE EXCEPTION 'period_closed' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$""",
    """CREATE OR REPLACE FUNCTION ledger_check_posting() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT 1 FROM ledger_seal WHERE entry_id = NEW.entry_id) THEN
    RAISE EXCEPTION 'entry_sealed' USING ERRCODE = 'check_violation'; END IF;
    IF NOT EXISTS (SELECT 1 FROM ledger_entry e JOIN ledger_account a ON a.book_id = e.book_id
    WHERE e.id = NEW.entry_id AND a.id = NEW.account_id AND e.posted_on = NEW.posted_on) THEN
    RAISE EXCEPTION 'posting_of_another_book' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$""",
    """CREATE OR REPLACE FUNCTION ledger_check_seal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF (SELECT count(*) FROM ledger_posting WHERE entry_id = NEW.entry_id) < 2 OR EXISTS
    (SELECT 1 FROM ledger_posting WHERE entry_id = NEW.entry_id GROUP BY currency HAVING sum(amount_minor) <> 0) THEN
    RAISE EXCEPTION 'unbalanced_entry' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$""",
    """CREATE OR REPLACE FUNCTION ledger_add_day() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO ledger_day AS d (account_id, currency, posted_on, organisation_id, amount_minor)
    VALUES (NEW.account_id, NEW.currency, NEW.posted_on, NEW.organisation_id, NEW.amount_minor)
    ON CONFLICT (account_id, currency, posted_on) DO UPDATE SET amount_minor = d.amount_minor + excluded.amount_minor;
    RETURN NULL; END $$""",
    "CREATE TRIGGER ledger_entry_open_period BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_check_entry()",
    "CREATE TRIGGER ledger_posting_checked BEFORE INSERT ON ledger_posting FOR EACH ROW EXECUTE FUNCTION ledger_check_posting()",
    "CREATE TRIGGER ledger_seal_balanced BEFORE INSERT ON ledger_seal FOR EACH ROW EXECUTE FUNCTION ledger_check_seal()",
    "CREATE TRIGGER ledger_posting_day_total AFTER INSERT ON ledger_posting FOR EACH ROW EXECUTE FUNCTION ledger_add_day()",
]
STATEMENTS = {"sqlite": _SQLITE, "postgresql": _POSTGRES}


def guard(entry: Any, posting: Any, seal: Any, day: Any) -> None:
    """Attach the triggers to the tables: made once the last of them is there."""
    for table in (entry, posting, seal):
        append_only(table)
    for dialect, statements in STATEMENTS.items():
        for statement in statements:
            event.listen(
                day.metadata, "after_create", DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)
            )
