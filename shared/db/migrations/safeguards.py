"""What the database itself enforces, in SQL: the app's role and grants, row-level security, the books' balance,
append-only trails, tariff periods without overlap, and the business clock."""

from __future__ import annotations

#: Rows of one tenant are invisible to every other (row-level security). The outbox is not
#: listed: it carries ids only, and the relay serves all tenants.
FIRST_WALLED = (
    "unit", "matter", "fee_item", "tariff_version", "reduction", "calendar_day", "account", "login_session",
    "login_failure", "draft", "application", "submission", "attachment", "review_task", "fee_line", "audit_event",
    "bill", "bill_line", "callback_inbox", "payment", "ledger_entry", "ledger_posting", "receipt", "document",
    "case_item", "number_series", "business_clock",
)  # fmt: skip
#: The same of the second schema: review in depth.
REVIEW_WALLED = (
    "clock", "clock_pause", "clock_extension", "clock_step", "calendar_change", "correction_notice",
    "correction_item", "intake_notice", "commitment", "service_card", "meeting", "meeting_seat", "meeting_verdict",
    "survey", "survey_finding", "appointment", "external_wait", "refusal", "handover", "post", "deputy", "notice",
    "sms_message",
)  # fmt: skip
#: The same of the third schema: money in depth, and the notices that a pass of the clock gathers.
MONEY_WALLED = (
    "payment_share", "credit", "tariff_change", "waiver", "area_survey", "bill_reminder", "dispute", "refund",
    "deposit", "statement_file", "statement_line", "suspense", "period", "transfer", "notice_line", "office_change",
)  # fmt: skip
#: The same of the fourth schema: what happens to deposits.
REFUNDS_WALLED = ("deposit_move",)
#: The same of the orders at payment channels.
CHANNELS_WALLED = ("channel_order", "channel_asking")
#: The same of what leaves the books as a file.
BOOKS_WALLED = ("export",)
WALLED = (*FIRST_WALLED, *REVIEW_WALLED, *MONEY_WALLED, *REFUNDS_WALLED, *CHANNELS_WALLED, *BOOKS_WALLED)

#: The units whose people a district meets: the city's and its own. Few rows, looked up once a statement.
_UNITS_HERE = "(select code from unit where level = 'city' or area_code = current_setting('yidan.area', true))"

#: Rows that a sitting of one district's people may see, beside the application itself, each table with its condition.
#: What hangs on an application is where the application is; `…_is_here` are the functions below.
REVIEW_AREA_WALLED = {
    **dict.fromkeys(("application", "review_task"), "area_code = current_setting('yidan.area', true)"),
    **dict.fromkeys(
        (
            "submission", "attachment", "fee_line", "audit_event", "bill", "receipt", "document",
            "case_item", "clock", "clock_pause", "clock_extension", "clock_step", "correction_notice",
            "correction_item", "intake_notice", "commitment", "service_card", "meeting", "meeting_seat",
            "meeting_verdict", "survey", "survey_finding", "appointment", "external_wait", "refusal", "handover",
        ),
        "application_is_here(application_id)",
    ),
    "bill_line": "bill_is_here(bill_id)",
    "payment": "bill_is_here(bill_id)",
    "ledger_entry": "bill_is_here(bill_id)",
    "ledger_posting": "ledger_entry_is_here(entry_id)",
    "notice": f"case when application_id is null then to_unit in {_UNITS_HERE} or account_is_here(to_account) "
    "else application_is_here(application_id) end",
    "sms_message": "notice_is_here(notice_id)",
    "account": "case when unit_code is null then role <> 'applicant' or applicant_is_here(id) "
    f"else unit_code in {_UNITS_HERE} end",
    "login_session": "account_is_here(account_id)",
    **dict.fromkeys(("post", "deputy"), f"unit_code in {_UNITS_HERE}"),
    # Before they are handed in, papers are their applicant's alone; what a bank sends may be about anybody;
    # a proposal for the calendar lists the applications of the whole city.
    "draft": "false",
    "callback_inbox": "false",
    "calendar_change": "false",
}  # fmt: skip
MONEY_AREA_WALLED = {
    **dict.fromkeys(
        (
            "credit", "waiver", "area_survey", "bill_reminder", "dispute", "refund", "deposit",
            "notice_line",
        ),
        "application_is_here(application_id)",
    ),
    "payment_share": "bill_is_here(bill_id)",
    # The tariff, the bank's files, the books' periods and who held which post are the city's.
    **dict.fromkeys(
        (
            "tariff_change", "statement_file", "statement_line", "suspense",
            "period", "transfer", "office_change",
        ),
        "false",
    ),
}  # fmt: skip
#: A notice that was gathered names applications of any district: a district sees those to its own people only.
_OWN_UNITS = "(select code from unit where area_code = current_setting('yidan.area', true))"
_GATHERED_NOTICE = (
    f"case when is_gathered then to_unit in {_OWN_UNITS} or to_account in "  # noqa: S608 both made here
    f"(select id from account where unit_code in {_OWN_UNITS}) else {REVIEW_AREA_WALLED['notice']} end"
)
REFUNDS_AREA_WALLED = dict.fromkeys(REFUNDS_WALLED, "application_is_here(application_id)")
CHANNELS_AREA_WALLED = dict.fromkeys(CHANNELS_WALLED, "application_is_here(application_id)")
BOOKS_AREA_WALLED = {"export": "false"}
AREA_WALLED = {
    **REVIEW_AREA_WALLED,
    **MONEY_AREA_WALLED,
    **REFUNDS_AREA_WALLED,
    **CHANNELS_AREA_WALLED,
    **BOOKS_AREA_WALLED,
}
#: The same for everybody in the city: its pack, its clock, its running numbers, and who failed to log in how often.
AREA_OPEN = (
    "unit", "matter", "fee_item", "tariff_version", "reduction", "calendar_day", "number_series", "business_clock",
    "login_failure",
)  # fmt: skip

#: What the conditions look up, itself behind the wall: whoever sees the row named by `which` sees what hangs on it.
_IS_HERE = {
    "application_is_here(which uuid)": "select from application where id = which",
    "applicant_is_here(which uuid)": "select from application where applicant_id = which "
    "and tenant_id = current_setting('yidan.tenant', true)",
    "bill_is_here(which uuid)": "select from bill where id = which",
    "ledger_entry_is_here(which uuid)": "select from ledger_entry where id = which",
    "notice_is_here(which uuid)": "select from notice where id = which",
    "account_is_here(which uuid)": "select from account where id = which",
}

#: Where a task stands in its unit's queue, for the index that queues are read from: running, standing still,
#: waiting for other matters, over.
QUEUE_PLACE = """create function queue_place(status varchar, is_paused boolean) returns integer
    language sql immutable parallel safe as $$
      select case when status in ('open', 'taken', 'checking', 'forwarded') then is_paused::int
                  when status = 'waiting' then 2 else 3 end $$"""

#: Only added to, never changed: the app's role has no UPDATE or DELETE right, and a trigger stops the owner too.
FIRST_APPEND_ONLY = ("audit_event", "ledger_entry", "ledger_posting", "bill_line", "submission", "payment")
REVIEW_APPEND_ONLY = ("clock_step", "handover", "refusal", "meeting_verdict", "sms_message")
MONEY_APPEND_ONLY = ("office_change", "payment_share", "bill_reminder", "statement_file")
CHANNELS_APPEND_ONLY = ("channel_asking",)
APPEND_ONLY = (*FIRST_APPEND_ONLY, *REVIEW_APPEND_ONLY, *MONEY_APPEND_ONLY, *CHANNELS_APPEND_ONLY)

#: What may change on a row that is otherwise as final as paper.
FIRST_CHANGEABLE = {"bill": "status, paid_at", "receipt": "state, replaced_by"}
MONEY_CHANGEABLE = {
    "bill": "paid_fen, void_reason, voided_at, void_booked_on",
    "receipt": "prints",
    "credit": "left_fen",
    "statement_line": "state, rule, why, payment_id",
    "period": "state, version, reopening_reason, reopening_asked_by, reopening_asked_at, reopened_by, reopened_at, "
    "acts, seal_key_id, seal",
    "transfer": "state, decided_by, decided_at, opinion, seal_key_id, seal",
    "notice_line": "told_as",
}
#: How much, out of what and why was asked stays as it was asked.
REFUNDS_CHANGEABLE = {
    "refund": "state, version, payee_name, payee_uscc, payee_account, payee_bank, asked_by, checked_by, checked_at, "
    "check_note, decided_by, decided_at, opinion, sent_at, attempts, failure, paid_at, bank_txn_id",
    "deposit": "state, version, held_fen, interest_fen, accrued_to, opened_on, issuer, guarantee_number, expires_on, "
    "completed_on, notice_ends_on, released_on, paper_id, decided_by, decided_at, opinion, watched",
    "deposit_move": "state, decided_by, decided_at, opinion",
}
#: Once its document is made, a closed period and an export say which one it is.
BOOKS_CHANGEABLE = {"period": "document_sha256", "export": "document_sha256, seal_key_id, seal"}

CHANNELS_CHANGEABLE = {
    "channel_order": "state, qr, transaction_no, is_closing, asked, ask_at, problem, settled_at",
}

#: The app may delete rows here and nowhere else.
FIRST_DELETABLE = (
    "draft", "attachment", "login_failure", "business_clock", "unit", "matter", "fee_item", "tariff_version",
    "reduction", "calendar_day",
)  # fmt: skip
#: What is still being put together, or says who answers today.
REVIEW_DELETABLE = ("correction_item", "post", "deputy")
DELETABLE = (*FIRST_DELETABLE, *REVIEW_DELETABLE)


def put_up() -> list[str]:
    """The statements that put the safeguards up."""
    statements = [
        "create extension if not exists btree_gist",
        "alter table tariff_version add constraint tariff_version_no_overlap exclude using gist "
        "(tenant_id with =, item_code with =, daterange(valid_from, valid_to, '[]') with &&)",
        # The role belongs to the cluster, not to the database: another database may just be making it.
        # An owner without CREATEROLE may find the role made and granted by whoever keeps the server.
        """do $$ begin
             if not exists (select from pg_roles where rolname = 'yidan_app') then
               create role yidan_app nologin;
             end if;
           exception when duplicate_object or unique_violation then null;
           end $$""",
        """do $$ begin
             if not pg_has_role(current_user, 'yidan_app', 'member') then
               execute format('grant yidan_app to %I', current_user);
             end if;
           end $$""",
        "grant usage on schema public to yidan_app",
        "grant select, insert, update on all tables in schema public to yidan_app",
        "grant usage on all sequences in schema public to yidan_app",
        *(f"revoke update on {table} from yidan_app" for table in FIRST_APPEND_ONLY),
        *(f"revoke update on {table} from yidan_app" for table in FIRST_CHANGEABLE),
        *(f"grant update ({columns}) on {table} to yidan_app" for table, columns in FIRST_CHANGEABLE.items()),
        *(f"grant delete on {table} to yidan_app" for table in FIRST_DELETABLE),
        """create function business_now(which text) returns timestamptz language sql stable as $$
             select coalesce((select shows + (clock_timestamp() - set_at) from business_clock where tenant_id = which),
                             clock_timestamp()) $$""",
        """create function refuse_change() returns trigger language plpgsql as $$ begin
             raise exception '% is append-only: correct by a new row', tg_table_name
               using errcode = 'restrict_violation';
           end $$""",
        """create function entry_balances() returns trigger language plpgsql as $$
           declare which uuid; legs bigint; total numeric;
           begin
             if tg_table_name = 'ledger_entry' then which := new.id; else which := new.entry_id; end if;
             select count(*), coalesce(sum(amount_fen), 0) into legs, total from ledger_posting where entry_id = which;
             if legs < 2 or total <> 0 then
               raise exception 'ledger entry % does not balance: % postings, sum % fen', which, legs, total
                 using errcode = 'check_violation';
             end if;
             return null;
           end $$""",
        """create function bill_adds_up() returns trigger language plpgsql as $$
           declare which uuid; stated bigint; found numeric;
           begin
             if tg_table_name = 'bill' then which := new.id; else which := new.bill_id; end if;
             select total_fen into stated from bill where id = which;
             select coalesce(sum(due_fen), 0) into found from bill_line where bill_id = which;
             if stated <> found then
               raise exception 'bill % says % fen, its lines % fen', which, stated, found
                 using errcode = 'check_violation';
             end if;
             return null;
           end $$""",
    ]
    statements += [_append_only(table) for table in FIRST_APPEND_ONLY]
    for table, function in (
        ("ledger_entry", "entry_balances"),
        ("ledger_posting", "entry_balances"),
        ("bill", "bill_adds_up"),
        ("bill_line", "bill_adds_up"),
    ):
        statements.append(
            f"create constraint trigger {table}_{function} after insert or update on {table} "
            f"deferrable initially deferred for each row execute function {function}()"
        )
    for table in FIRST_WALLED:
        statements += _wall(table)
    return statements


def put_up_for_review() -> list[str]:
    """The same for the tables of the second schema."""
    statements = [f"grant select, insert, update on {table} to yidan_app" for table in REVIEW_WALLED]
    statements += [f"revoke update on {table} from yidan_app" for table in REVIEW_APPEND_ONLY]
    statements += [f"grant delete on {table} to yidan_app" for table in REVIEW_DELETABLE]
    statements += [_append_only(table) for table in REVIEW_APPEND_ONLY]
    for table in REVIEW_WALLED:
        statements += _wall(table)
    statements += [
        # Not expanded into the caller's plan, so that a sitting of the whole city plans as if there were no wall.
        f"create function {head} returns boolean language plpgsql stable parallel safe as "
        f"$$ begin return exists ({look}); end $$"
        for head, look in _IS_HERE.items()
    ]
    statements += [_area_wall(table, condition) for table, condition in REVIEW_AREA_WALLED.items()]
    return statements


def take_down_for_review() -> list[str]:
    """The statements that remove what the second schema has put around the tables of the first."""
    return [
        *(f"drop policy {table}_area on {table}" for table in REVIEW_AREA_WALLED),
        *(f"drop function {head}" for head in _IS_HERE),
    ]


def put_up_for_money() -> list[str]:
    """The same for the tables of the third schema, and the triggers that look at whole statements."""
    statements = [f"grant select, insert, update on {table} to yidan_app" for table in MONEY_WALLED]
    statements += [f"revoke update on {table} from yidan_app" for table in MONEY_APPEND_ONLY]
    statements += [
        f"revoke update on {table} from yidan_app" for table in MONEY_CHANGEABLE if table not in FIRST_CHANGEABLE
    ]
    statements += [f"grant update ({columns}) on {table} to yidan_app" for table, columns in MONEY_CHANGEABLE.items()]
    statements += [_append_only(table) for table in MONEY_APPEND_ONLY]
    for table in MONEY_WALLED:
        statements += _wall(table)
    statements += [_area_wall(table, condition) for table, condition in MONEY_AREA_WALLED.items()]
    statements += ["drop policy notice_area on notice", _area_wall("notice", _GATHERED_NOTICE)]
    statements += [
        "alter table reduction add constraint reduction_no_overlap exclude using gist "
        "(tenant_id with =, code with =, daterange(valid_from, valid_to, '[]') with &&)",
        # A look at each statement instead of one at each row: a file of a bank posts tens of thousands of rows.
        "drop trigger ledger_posting_entry_balances on ledger_posting",
        "drop trigger bill_line_bill_adds_up on bill_line",
        "drop trigger bill_bill_adds_up on bill",
        "create constraint trigger bill_bill_adds_up after insert or update of total_fen on bill "
        "deferrable initially deferred for each row execute function bill_adds_up()",
        """create function postings_balance() returns trigger language plpgsql as $$
           declare which uuid;
           begin
             select entry_id into which from ledger_posting where entry_id in (select entry_id from added)
             group by entry_id having count(*) < 2 or sum(amount_fen) <> 0 limit 1;
             if which is not null then
               raise exception 'ledger entry % does not balance: its postings are written in one statement', which
                 using errcode = 'check_violation';
             end if;
             return null;
           end $$""",
        "create trigger ledger_posting_balance after insert on ledger_posting referencing new table as added "
        "for each statement execute function postings_balance()",
        """create function lines_add_up() returns trigger language plpgsql as $$
           declare which uuid;
           begin
             select b.id into which from bill b
             where b.id in (select bill_id from added)
               and b.total_fen <> (select coalesce(sum(l.due_fen), 0) from bill_line l where l.bill_id = b.id) limit 1;
             if which is not null then
               raise exception 'bill % does not say what its lines come to', which using errcode = 'check_violation';
             end if;
             return null;
           end $$""",
        "create trigger bill_line_adds_up after insert on bill_line referencing new table as added "
        "for each statement execute function lines_add_up()",
        """create function shares_add_up() returns trigger language plpgsql as $$
           declare which uuid;
           begin
             select p.id into which from payment p
             where p.id in (select payment_id from added)
               and p.amount_fen <> (select sum(s.amount_fen) from payment_share s where s.payment_id = p.id) limit 1;
             if which is not null then
               raise exception 'the shares of payment % are not its amount', which using errcode = 'check_violation';
             end if;
             return null;
           end $$""",
        "create trigger payment_share_add_up after insert on payment_share referencing new table as added "
        "for each statement execute function shares_add_up()",
        # Whoever closes a period holds the books alone; whoever books holds them with others, until the transaction
        # ends, and looks at the periods only then. As the owner, because a district sees no periods.
        """create function open_day(which text, day date) returns date language plpgsql security definer
           set search_path = public, pg_temp as $$
           begin
             perform pg_advisory_xact_lock_shared(hashtext('books'), hashtext(which));
             return (select greatest(day, max(last_on) + 1) from period
                     where tenant_id = which and state <> 'reopened');
           end $$""",
        """create function day_is_open() returns trigger language plpgsql security definer
           set search_path = public, pg_temp as $$
           declare closed date;
           begin
             select booked_on into closed from (select distinct tenant_id, booked_on from added) a
             where open_day(tenant_id, booked_on) <> booked_on limit 1;
             if closed is not null then
               raise exception 'the books of % are closed', closed using errcode = 'check_violation';
             end if;
             return null;
           end $$""",
        "create trigger ledger_entry_day_is_open after insert on ledger_entry referencing new table as added "
        "for each statement execute function day_is_open()",
    ]
    return statements


def put_up_for_channels() -> list[str]:
    """The same for orders at payment channels: what was asked is final, an order changes its standing only."""
    statements = [f"grant select, insert, update on {table} to yidan_app" for table in CHANNELS_WALLED]
    statements += [f"revoke update on {table} from yidan_app" for table in CHANNELS_WALLED]
    statements += [
        f"grant update ({columns}) on {table} to yidan_app" for table, columns in CHANNELS_CHANGEABLE.items()
    ]
    statements += [_append_only(table) for table in CHANNELS_APPEND_ONLY]
    for table in CHANNELS_WALLED:
        statements += _wall(table)
    statements += [_area_wall(table, condition) for table, condition in CHANNELS_AREA_WALLED.items()]
    return statements


def take_down_for_money() -> list[str]:
    """The statements that bring the triggers of the first schema back."""
    return [
        *(f"drop policy {table}_area on {table}" for table in MONEY_AREA_WALLED),
        "drop policy notice_area on notice",
        _area_wall("notice", REVIEW_AREA_WALLED["notice"]),
        "alter table reduction drop constraint reduction_no_overlap",
        "drop function postings_balance() cascade",
        "drop function lines_add_up() cascade",
        "drop function shares_add_up() cascade",
        "drop function day_is_open() cascade",
        "drop function open_day(text, date)",
        "drop trigger bill_bill_adds_up on bill",
        *(
            f"create constraint trigger {table}_{function} after insert or update on {table} "
            f"deferrable initially deferred for each row execute function {function}()"
            for table, function in (
                ("ledger_posting", "entry_balances"),
                ("bill", "bill_adds_up"),
                ("bill_line", "bill_adds_up"),
            )
        ),
    ]


def put_up_for_refunds() -> list[str]:
    """The same for the tables of the fourth schema: a refund's and a deposit's beginnings stay, and the database adds
    up by itself what goes back of each line of a bill."""
    statements = [f"grant select, insert, update on {table} to yidan_app" for table in REFUNDS_WALLED]
    statements += [f"revoke update on {table} from yidan_app" for table in REFUNDS_CHANGEABLE]
    statements += [f"grant update ({columns}) on {table} to yidan_app" for table, columns in REFUNDS_CHANGEABLE.items()]
    for table in REFUNDS_WALLED:
        statements += _wall(table)
    statements += [_area_wall(table, condition) for table, condition in REFUNDS_AREA_WALLED.items()]
    statements += [
        """create function refunds_within_paid() returns trigger language plpgsql as $$
           declare which text;
           begin
             select number into which from added
             where bill_id is not null and amount_fen - interest_fen <>
               (select coalesce(sum((l->>'amount_fen')::bigint), 0) from jsonb_array_elements(lines) l) limit 1;
             if which is not null then
               raise exception 'the lines of refund % are not its amount', which using errcode = 'check_violation';
             end if;
             select max(r.number) into which from refund r
             cross join lateral (select (x->>'seq')::int as seq, (x->>'amount_fen')::bigint as fen
               from jsonb_array_elements(r.lines) x) l
             where r.bill_id in (select bill_id from added) and r.state <> 'declined'
             group by r.bill_id, l.seq
             having sum(l.fen) > (select coalesce(sum(s.amount_fen), 0) from payment_share s
               where s.bill_id = r.bill_id and s.seq = l.seq) limit 1;
             if which is not null then
               raise exception 'refund % gives back more than was paid on a line', which
                 using errcode = 'check_violation';
             end if;
             return null;
           end $$""",
        "create trigger refund_within_paid after insert on refund referencing new table as added "
        "for each statement execute function refunds_within_paid()",
    ]
    return statements


def take_down_for_refunds() -> list[str]:
    """The statements that give the tables of the third schema back as they were."""
    return [
        "drop function refunds_within_paid() cascade",
        *(
            f"revoke update ({columns}) on {table} from yidan_app"
            for table, columns in REFUNDS_CHANGEABLE.items()
            if table not in REFUNDS_WALLED
        ),
        *(f"grant update on {table} to yidan_app" for table in REFUNDS_CHANGEABLE if table not in REFUNDS_WALLED),
    ]


def put_up_for_books() -> list[str]:
    """The same for what leaves the books as a file, and for the documents of closed periods."""
    statements = [f"grant select, insert, update on {table} to yidan_app" for table in BOOKS_WALLED]
    statements += [f"revoke update on {table} from yidan_app" for table in BOOKS_WALLED]
    statements += [f"grant update ({columns}) on {table} to yidan_app" for table, columns in BOOKS_CHANGEABLE.items()]
    for table in BOOKS_WALLED:
        statements += _wall(table)
    statements += [_area_wall(table, condition) for table, condition in BOOKS_AREA_WALLED.items()]
    return statements


def _append_only(table: str) -> str:
    return (
        f"create trigger {table}_append_only before update or delete on {table} "
        "for each row execute function refuse_change()"
    )


def _wall(table: str) -> list[str]:
    return [
        f"alter table {table} enable row level security",
        f"create policy {table}_tenant on {table} to yidan_app "
        "using (tenant_id = current_setting('yidan.tenant', true)) "
        "with check (tenant_id = current_setting('yidan.tenant', true))",
    ]


def _area_wall(table: str, condition: str) -> str:
    """Beside the tenant's policy, not instead of it; asked once a statement whether a district sits at all."""
    return (
        f"create policy {table}_area on {table} as restrictive to yidan_app "
        f"using ((select coalesce(current_setting('yidan.area', true), '') = '') or ({condition}))"
    )


def take_down() -> list[str]:
    """The statements that remove what would outlive the tables; the role stays, other databases may use it."""
    return [
        "drop function if exists bill_adds_up() cascade",
        "drop function if exists entry_balances() cascade",
        "drop function if exists refuse_change() cascade",
        "drop function if exists business_now(text)",
        "revoke all on schema public from yidan_app",
    ]
