"""What must hold whatever happened: each invariant a query that finds the rows that break it.

Run as the owner over all tenants. A finding names the row and says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from shared.db import intake_notices
from shared.db.intake_notices import NoticeRow
from shared.db.tables.cases import AuditEvent
from shared.db.tables.columns import table

EVENTS = table(AuditEvent)

# "Stuck" below is five minutes: many times the longest wait between two rings.


@dataclass(frozen=True, slots=True)
class Invariant:
    """One rule: `count` says over how many rows it was checked, `broken` lists the rows that break it."""

    id: str
    says: str
    count: str
    broken: str


INVARIANTS = (
    Invariant(
        "I2-lines",
        "每件申报对受理时目录中的每个收费项目都有一条收费明细",
        "select count(*) from application",
        "select a.number || ' 没有 ' || i.name || ' 的收费明细' from application a join fee_item i "
        "on i.tenant_id = a.tenant_id and i.listed_at <= a.created_at where not exists "
        "(select from fee_line l where l.application_id = a.id and l.item_code = i.code)",
    ),
    Invariant(
        "I2-tasks",
        "每件申报都有审核任务",
        "select count(*) from application",
        "select a.number || ' 没有审核任务' from application a "
        "where not exists (select from review_task t where t.application_id = a.id)",
    ),
    Invariant(
        "I3-no-early-bill",
        "明细未全部核定（或审核未全部同意）时没有缴费单",
        "select count(*) from bill",
        "select b.number || ' 早于核定' from bill b join application a on a.id = b.application_id "
        "where b.status <> 'void' and (exists "
        "(select from fee_line l where l.application_id = a.id and l.state <> 'final') or (a.bill_waits_for = "
        "'reviews_and_lines' and exists (select from review_task t where t.application_id = a.id "
        "and t.status <> 'approved')))",
    ),
    Invariant(
        "I3-no-missing-bill",
        "条件齐备的申报都已出缴费单",
        "select count(*) from application",
        "select a.number || ' 条件齐备而没有缴费单' from application a where not exists "
        "(select from bill b where b.application_id = a.id) and (a.status in ('billed', 'completed') or "
        "(a.status = 'in_review' and a.created_at < now() - interval '1 minute' "
        "and not exists (select from fee_line l where l.application_id = a.id and l.state <> 'final') "
        "and (a.bill_waits_for = 'lines' or not exists (select from review_task t where t.application_id = a.id "
        "and t.status <> 'approved')) and not exists (select from outbox o where o.subject_id = a.id "
        "and o.task = 'issue_bills' and o.done_at is null and o.created_at > now() - interval '5 minutes')))",
    ),
    Invariant(
        "I4-bill-total",
        "缴费单总额等于其各行之和；按核定开出的，等于应计入的收费明细之和",
        "select count(*) from bill",
        "select b.number || ' 总额 ' || b.total_fen || ' 分，各行合计 ' || coalesce(sum(l.due_fen), 0) || ' 分，明细合计 ' "
        "|| coalesce(sum(case when f.status in ('collected_elsewhere', 'needs_facts') then 0 else f.payable_fen end), 0) "
        "|| ' 分' from bill b left join bill_line l on l.bill_id = b.id left join fee_line f on f.id = l.fee_line_id "
        "group by b.id having b.total_fen <> coalesce(sum(l.due_fen), 0) or (b.kind in ('original', 'reissue') "
        "and b.status <> 'void' and b.total_fen <> "
        "coalesce(sum(case when f.status in ('collected_elsewhere', 'needs_facts') then 0 else f.payable_fen end), 0))",
    ),
    Invariant(
        "I4-line-frozen",
        "收费明细的金额与其冻结的计算一致",
        "select count(*) from fee_line where state <> 'pending'",
        "select a.number || ' ' || f.item_code || ' 金额与冻结的计算不一致' from fee_line f "
        "join application a on a.id = f.application_id where f.state <> 'pending' and ("
        "f.gross_fen <> (f.line->>'gross_fen')::bigint or f.payable_fen <> (f.line->>'payable_fen')::bigint "
        "or f.reduction_fen <> (f.line->>'reduction_fen')::bigint or f.subsidy_fen <> (f.line->>'subsidy_fen')::bigint "
        "or f.status <> f.line->>'status' or f.item_code <> f.line->>'code')",
    ),
    Invariant(
        "I4-lines-billed",
        "已出单的申报，每条收费明细都在且仅在一张缴费单上",
        "select count(*) from application where status in ('billed', 'completed')",
        "select a.number || ' ' || f.item_code || ' 不在缴费单上' from fee_line f join application a "
        "on a.id = f.application_id where exists (select from bill b where b.application_id = a.id) "
        "and not exists (select from bill_line l where l.fee_line_id = f.id)",
    ),
    Invariant(
        "I5-entries",
        "每笔分录借贷相等",
        "select count(*) from ledger_entry",
        "select e.kind || ' ' || e.key || ' 差 ' || coalesce(sum(p.amount_fen), 0) || ' 分' from ledger_entry e "
        "left join ledger_posting p on p.entry_id = e.id group by e.id "
        "having count(p.*) < 2 or coalesce(sum(p.amount_fen), 0) <> 0",
    ),
    Invariant(
        "I5-trial-balance",
        "全部分录试算平衡",
        "select count(*) from ledger_posting",
        "select '差 ' || sum(amount_fen) || ' 分' from ledger_posting having sum(amount_fen) <> 0",
    ),
    Invariant(
        "I6-payments",
        "每笔缴款等于其分配到各项之和，等于贷记各账户之和；缴费单已缴等于其各笔缴款之和",
        "select (select count(*) from payment) + (select count(*) from bill)",
        "select b.number || ' 一笔缴款 ' || p.amount_fen || ' 分，分配 ' || found.shared || ' 分，入账 ' || found.booked "
        "|| ' 分' from payment p join bill b on b.id = p.bill_id cross join lateral ("
        "select coalesce((select sum(s.amount_fen) from payment_share s where s.payment_id = p.id), 0) as shared, "
        "coalesce((select -sum(g.amount_fen) from ledger_posting g join ledger_entry e on e.id = g.entry_id "
        "where e.payment_id = p.id and e.kind = 'payment' and g.amount_fen < 0 and g.account <> 'credit'), 0) as booked"
        ") found where p.amount_fen <> found.shared or p.amount_fen <> found.booked "
        "union all select b.number || ' 记为已缴 ' || b.paid_fen || ' 分，缴款合计 ' || coalesce(sum(p.amount_fen), 0) "
        "|| ' 分' from bill b left join payment p on p.bill_id = b.id "
        "group by b.id having b.paid_fen <> coalesce(sum(p.amount_fen), 0)",
    ),
    Invariant(
        "I6-line-postings",
        "每条明细入账等于缴款分配给它的金额，不超过应缴；缴清的恰为应缴",
        "select count(*) from bill_line l join bill b on b.id = l.bill_id where b.paid_fen > 0",
        "select b.number || ' ' || l.item_code || ' 应缴 ' || l.due_fen || ' 分，分配 ' || found.shared || ' 分，入账 ' "
        "|| found.booked || ' 分' from bill b join bill_line l on l.bill_id = b.id cross join lateral ("
        "select coalesce((select sum(s.amount_fen) from payment_share s where s.bill_id = b.id and s.seq = l.seq), 0) "
        "as shared, coalesce((select -sum(g.amount_fen) from ledger_posting g join ledger_entry e on e.id = g.entry_id "
        "where e.bill_id = b.id and e.kind = 'payment' and g.fee_line_id = l.fee_line_id), 0) as booked) found "
        "where found.shared <> found.booked or found.shared > l.due_fen "
        "or (b.status = 'paid' and found.shared <> l.due_fen)",
    ),
    Invariant(
        "I6-suspense",
        "待查款余额等于未了的各笔待查款之和，预存款余额等于各笔未用余款之和",
        "select count(*) from tenant",
        "select t.id || ' ' || each.what || '账面 ' || each.booked || ' 分，各笔合计 ' || each.listed || ' 分' "
        "from tenant t cross join lateral (select '待查款' as what, "
        "coalesce((select -sum(amount_fen) from ledger_posting where tenant_id = t.id and account = 'suspense'), 0) "
        "as booked, coalesce((select sum(amount_fen) from suspense where tenant_id = t.id "
        "and state not in ('matched', 'returned')), 0) as listed union all select '预存款', "
        "coalesce((select -sum(amount_fen) from ledger_posting where tenant_id = t.id and account = 'credit'), 0), "
        "coalesce((select sum(left_fen) from credit where tenant_id = t.id), 0)) each where each.booked <> each.listed",
    ),
    Invariant(
        "I6-refunds",
        "退费不超过各项已缴金额，各项之和（加利息）等于退费额；付讫的各有一笔同额分录，未付讫的没有；全部退还的缴费单标为已退费",
        "select count(*) from refund",
        "select b.number || ' 第 ' || found.seq || ' 项退费 ' || found.fen || ' 分，已缴 ' || found.paid || ' 分' from bill b "
        "cross join lateral (select l.seq, sum(l.fen) as fen, (select coalesce(sum(s.amount_fen), 0) "
        "from payment_share s where s.bill_id = b.id and s.seq = l.seq) as paid from refund r "
        "cross join lateral (select (x->>'seq')::int as seq, (x->>'amount_fen')::bigint as fen "
        "from jsonb_array_elements(r.lines) x) l "
        "where r.bill_id = b.id and r.state <> 'declined' group by l.seq) found where found.fen > found.paid "
        "union all select r.number || ' 各项之和不是退费额' from refund r where r.bill_id is not null "
        "and r.amount_fen - r.interest_fen <> (select coalesce(sum((l->>'amount_fen')::bigint), 0) "
        "from jsonb_array_elements(r.lines) l) "
        "union all select r.number || ' 为 ' || r.state || '，账面付出 ' || booked.fen || ' 分' from refund r "
        "cross join lateral (select coalesce(-sum(p.amount_fen), 0) as fen from ledger_entry e "
        "join ledger_posting p on p.entry_id = e.id where e.kind = 'refund' and e.key = r.id::text "
        "and p.amount_fen < 0) booked "
        "where booked.fen <> case r.state when 'paid' then r.amount_fen else 0 end "
        "union all select '退费分录 ' || e.key || ' 没有对应的退费' from ledger_entry e where e.kind = 'refund' "
        "and not exists (select from refund r where r.id::text = e.key) "
        "union all select b.number || ' 为 ' || b.status || '，已缴 ' || b.paid_fen || ' 分，退还 ' || back.fen || ' 分' "
        "from bill b cross join lateral (select coalesce(sum(f.amount_fen - f.interest_fen), 0) as fen from refund f "
        "where f.bill_id = b.id and f.state = 'paid' and f.kind in ('treasury', 'agency', 'deposit', 'settlement')) back "
        "where (b.status = 'refunded') <> (back.fen > 0 and back.fen = b.paid_fen)",
    ),
    Invariant(
        "I6-deposits",
        "保证金专户余额等于各笔保证金的本金和利息（及尚未缴清的缴费单已缴的保证金），保函余额等于在用的保函；利息与计息记录相符",
        "select count(*) from tenant",
        "select t.id || ' ' || each.what || '账面 ' || each.booked || ' 分，各笔合计 ' || each.listed || ' 分' "
        "from tenant t cross join lateral (select '保证金' as what, "
        "coalesce((select -sum(amount_fen) from ledger_posting where tenant_id = t.id and account = 'deposit'), 0) "
        "as booked, coalesce((select sum(held_fen + interest_fen) from deposit where tenant_id = t.id), 0) "
        "+ coalesce((select sum(s.amount_fen - coalesce(gone.fen, 0)) from bill_line l "
        "join fee_item i on i.tenant_id = l.tenant_id and i.code = l.item_code and i.nature = 'deposit' "
        "cross join lateral (select sum(s.amount_fen) as amount_fen from payment_share s "
        "where s.bill_id = l.bill_id and s.seq = l.seq) s "
        "cross join lateral (select sum((x->>'amount_fen')::bigint) as fen from refund r "
        "cross join lateral jsonb_array_elements(r.lines) x where r.bill_id = l.bill_id and r.state = 'paid' "
        "and (x->>'seq')::int = l.seq) gone where l.tenant_id = t.id and s.amount_fen is not null and not exists "
        "(select from deposit d where d.bill_id = l.bill_id and d.fee_line_id = l.fee_line_id "
        "and d.state not in ('offered', 'declined'))), 0) as listed union all select '保函', "
        "coalesce((select sum(amount_fen) from ledger_posting where tenant_id = t.id and account = 'guarantee'), 0), "
        "coalesce((select sum(held_fen) from deposit where tenant_id = t.id and form = 'guarantee'), 0)) each "
        "where each.booked <> each.listed "
        "union all select a.number || ' 保证金本金 ' || d.held_fen || ' 分、利息 ' || d.interest_fen || ' 分与变动记录不符' "
        "from deposit d join application a on a.id = d.application_id cross join lateral (select "
        "coalesce(sum(m.amount_fen) filter (where m.kind = 'interest'), 0) as earned, "
        "coalesce(sum(m.amount_fen) filter (where m.kind = 'draw' and m.state = 'done'), 0) as drawn "
        "from deposit_move m where m.deposit_id = d.id) moved cross join lateral (select "
        "coalesce(sum(r.interest_fen), 0) as paid, coalesce(sum(r.amount_fen - r.interest_fen) "
        "filter (where r.kind = 'deposit'), 0) as released from refund r "
        "where r.deposit_id = d.id and r.state = 'paid') gone where d.state not in ('offered', 'declined') and "
        "(d.interest_fen <> moved.earned - gone.paid or d.held_fen <> case when d.state = 'expired' then 0 "
        "else d.amount_fen - moved.drawn - gone.released end)",
    ),
    Invariant(
        "I5-closed",
        "结账之后没有记入已结账期间的分录",
        "select count(*) from period where state <> 'reopened'",
        "select p.number || ' 结账后又记入 ' || e.kind || ' ' || e.key from period p join ledger_entry e "
        "on e.tenant_id = p.tenant_id and e.booked_on <= p.last_on "
        "where p.state <> 'reopened' and e.recorded_at > p.recorded_at",
    ),
    Invariant(
        "I5-transfers",
        "已复核的划拨各有一笔金额、科目相符的分录，未复核的没有；由两人办理",
        "select count(*) from transfer",
        "select t.number || ' 与分录不符' from transfer t left join ledger_entry e on e.tenant_id = t.tenant_id "
        "and e.kind = 'transfer' and e.key = t.id::text where (t.state = 'confirmed') <> (e.id is not null) "
        "or (e.id is not null and (t.decided_by is null or t.decided_by = t.made_by or "
        "(select coalesce(sum(g.amount_fen), 0) from ledger_posting g where g.entry_id = e.id and g.amount_fen > 0 "
        "and g.item_code = t.item_code and g.account = case t.account when 'agency' then 'bank:agency' else t.account end) "
        "<> t.amount_fen)) "
        "union all select e.kind || ' ' || e.key || ' 没有划拨单' from ledger_entry e where e.kind = 'transfer' "
        "and not exists (select from transfer t where t.tenant_id = e.tenant_id and t.id::text = e.key)",
    ),
    Invariant(
        "I13-closed-figures",
        "结账时的数字与账簿重算的一致：各科目发生额和余额、应收、作废、实收",
        "select count(*) from period where state <> 'reopened'",
        "select p.number || ' 与账簿不符' from period p where p.state <> 'reopened' and ("
        "exists (select from (select b->>'account' as account, b->>'item_code' as item, "
        "cast(b->>'closing_fen' as bigint) as fen from jsonb_array_elements(p.figures->'balances') b "
        "union all select g.account, coalesce(g.item_code, ''), -g.amount_fen from ledger_posting g "
        "join ledger_entry e on e.id = g.entry_id where e.tenant_id = p.tenant_id and e.booked_on <= p.last_on) d "
        "group by d.account, d.item having sum(d.fen) <> 0) "
        "or exists (select from (select b->>'account' as account, b->>'item_code' as item, "
        "(select coalesce(sum(cast(f.value as bigint)), 0) from jsonb_each_text(b->'flows') f) as fen "
        "from jsonb_array_elements(p.figures->'balances') b "
        "union all select g.account, coalesce(g.item_code, ''), -g.amount_fen from ledger_posting g "
        "join ledger_entry e on e.id = g.entry_id where e.tenant_id = p.tenant_id "
        "and e.booked_on between p.first_on and p.last_on) d group by d.account, d.item having sum(d.fen) <> 0) "
        "or (select coalesce(sum(cast(s->>'opened_fen' as bigint)), 0) from jsonb_array_elements(p.figures->'shares') s) "
        "<> (select coalesce(sum(b.total_fen), 0) from bill b where b.tenant_id = p.tenant_id "
        "and b.booked_on between p.first_on and p.last_on) "
        "or (select coalesce(sum(cast(s->>'voided_fen' as bigint)), 0) from jsonb_array_elements(p.figures->'shares') s) "
        "<> (select coalesce(sum(b.total_fen), 0) from bill b where b.tenant_id = p.tenant_id "
        "and b.void_booked_on between p.first_on and p.last_on) "
        "or (select coalesce(sum(cast(s->>'received_fen' as bigint)), 0) from jsonb_array_elements(p.figures->'shares') s) "
        "<> (select coalesce(-sum(g.amount_fen), 0) from ledger_posting g join ledger_entry e on e.id = g.entry_id "
        "where e.tenant_id = p.tenant_id and e.booked_on between p.first_on and p.last_on "
        "and e.kind in ('payment', 'payment_reversal') and g.account in ('treasury', 'agency', 'deposit')))",
    ),
    Invariant(
        "I2-period-series",
        "日结、月结、划拨编号连续，没有无故缺号",
        "select (select count(*) from period) + (select count(*) from transfer)",
        "select s.series || ' 发到 ' || s.last || '，存有 ' || found.rows || ' 份' from number_series s "
        "cross join lateral (select case when s.series like 'transfer:%' then (select count(distinct t.batch_id) "
        "from transfer t where t.tenant_id = s.tenant_id and 'transfer:' || extract(year from t.day) = s.series) "
        "else (select count(*) from period p where p.tenant_id = s.tenant_id "
        "and p.kind || '_close:' || extract(year from p.last_on) = s.series) end as rows) found "
        "where split_part(s.series, ':', 1) in ('transfer', 'day_close', 'month_close') and s.last <> found.rows",
    ),
    Invariant(
        "I7-receipts",
        "缴清的缴费单各有一张有效的网上回执，金额为缴清减去退还；未缴清的没有",
        "select count(*) from bill where status = 'paid'",
        "select b.number || case when r.id is null then ' 已缴而没有网上回执' else ' 未缴而有网上回执，或金额不等' end "
        "from bill b left join receipt r on r.bill_id = b.id and r.kind = 'receipt' and r.state = 'normal' "
        "cross join lateral (select coalesce(sum(f.amount_fen - f.interest_fen), 0) as fen from refund f "
        "where f.bill_id = b.id and f.state = 'paid' and f.kind in ('treasury', 'agency', 'deposit', 'settlement')) back "
        "where (b.status = 'paid' and r.id is null and not exists "
        "(select from outbox o where o.subject_id = b.id and o.task = 'issue_receipts' and o.done_at is null "
        "and o.created_at > now() - interval '5 minutes')) "
        "or (r.id is not null and (b.status <> 'paid' or r.total_fen <> b.total_fen - back.fen))",
    ),
    Invariant(
        "I7-chain",
        "冲红凭证与原凭证金额相反、互相注明；换开的接续原凭证；每张缴费单的凭证合计等于有效凭证；各行之和等于凭证金额",
        "select count(*) from receipt",
        "select r.code || '-' || r.number || ' 冲红与原凭证不符' from receipt r join receipt b on b.id = r.reverses "
        "where r.total_fen <> -b.total_fen or b.state = 'normal' or b.bill_id <> r.bill_id or b.kind = 'reversal' "
        "union all select r.code || '-' || r.number || ' 为 ' || r.state || '，没有冲红凭证或换开凭证' from receipt r "
        "where r.state <> 'normal' and (not exists (select from receipt v where v.reverses = r.id) "
        "or (r.state = 'replaced') <> (r.replaced_by is not null)) "
        "union all select b.number || ' 凭证合计与有效凭证不符' from bill b where "
        "(select coalesce(sum(r.total_fen), 0) from receipt r where r.bill_id = b.id) <> (select coalesce(sum(r.total_fen), 0) "
        "from receipt r where r.bill_id = b.id and r.kind = 'receipt' and r.state = 'normal') "
        "union all select r.code || '-' || r.number || ' 各行之和不是凭证金额' from receipt r where r.lines <> '{}' "
        "and r.total_fen <> (select sum(l.value::bigint) from jsonb_each_text(r.lines) l)",
    ),
    Invariant(
        "I7-paid-has-payment",
        "已缴的缴费单都有缴款",
        "select count(*) from bill where status = 'paid'",
        "select b.number || ' 标为已缴而没有缴款' from bill b where b.status in ('paid', 'refunded') "
        "and not exists (select from payment p where p.bill_id = b.id)",
    ),
    Invariant(
        "I7-series",
        "回执号码连续，没有无故缺号",
        "select count(*) from receipt",
        "select s.series || ' 发到 ' || s.last || '，存有 ' || (select count(*) from receipt r where "
        "r.tenant_id = s.tenant_id and 'receipt:' || r.code = s.series) || ' 张' from number_series s "
        "where s.series like 'receipt:%' and s.last <> (select count(*) from receipt r where "
        "r.tenant_id = s.tenant_id and 'receipt:' || r.code = s.series)",
    ),
    Invariant(
        "I7-documents",
        "每张缴费单、网上回执、申报、书面答复都有其文书",
        "select count(*) from document",
        "select kind || ' ' || id || ' 没有文书' from ("
        "select 'bill' as kind, id from bill union all select 'receipt', id from receipt "
        "union all select 'slip', id from application union all select case kind when 'accepted' then 'acceptance' "
        "when 'one_time' then 'one_time_notice' else kind end, id from intake_notice) made "
        "where not exists (select from document d where d.kind = made.kind and d.subject_id = made.id)",
    ),
    Invariant(
        "I9-status",
        "申报的状态与其缴费单相符",
        "select count(*) from application",
        "select a.number || ' 状态为 ' || a.status from application a where "
        "(a.status = 'completed') <> (exists (select from bill b where b.application_id = a.id) and not exists "
        "(select from review_task t where t.application_id = a.id and t.status <> 'approved') and not exists "
        "(select from bill b where b.application_id = a.id and b.kind in ('original', 'reissue') "
        "and b.status in ('issued', 'part_paid')) and not exists (select from bill b "
        "where b.application_id = a.id and b.kind in ('original', 'reissue') and b.status = 'paid' "
        "and not exists (select from receipt r where r.bill_id = b.id and r.kind = 'receipt'))) "
        "and a.status not in ('withdrawn', 'refused', 'not_accepted')",
    ),
    Invariant(
        "I9-ended",
        "撤回、不予许可、不予受理的申报没有未了的任务、时限、补正、会议和待缴的缴费单，并在留痕中",
        "select count(*) from application where status in ('withdrawn', 'refused', 'not_accepted')",
        "select a.number || ' 已终止，' || left_open.what from application a cross join lateral ("
        "select '仍有任务 ' || t.matter_code as what from review_task t where t.application_id = a.id "
        "and t.status not in ('approved', 'objected', 'cancelled') "
        "union all select '时限未停止' from clock c where c.application_id = a.id and c.state <> 'stopped' "
        "union all select '仍有补正' from correction_notice n where n.application_id = a.id "
        "and n.state in ('collecting', 'sent') "
        "union all select '仍有会议' from meeting m where m.application_id = a.id and m.state = 'called' "
        "union all select b.number || ' 仍待缴' from bill b where b.application_id = a.id "
        "and b.status in ('issued', 'nothing_due') "
        "union all select '不在留痕中' where not exists (select from audit_event e where e.application_id = a.id "
        "and e.verb = 'application_' || a.status)) left_open where a.status in ('withdrawn', 'refused', 'not_accepted')",
    ),
    Invariant(
        "I9-cancelled",
        "只有撤回、不予许可、不予受理的申报有终止的任务",
        "select count(*) from review_task where status = 'cancelled'",
        "select a.number || ' ' || t.matter_code || ' 已终止，办件为 ' || a.status from review_task t "
        "join application a on a.id = t.application_id "
        "where t.status = 'cancelled' and a.status not in ('withdrawn', 'refused', 'not_accepted')",
    ),
    Invariant(
        "I10-verdicts",
        "每个审核结论、每次明细确认都在留痕中",
        "select count(*) from review_task where status in ('approved', 'objected')",
        "select a.number || ' ' || t.matter_code || ' 的结论不在留痕中' from review_task t "
        "join application a on a.id = t.application_id where t.status in ('approved', 'objected') and not exists "
        "(select from audit_event e where e.application_id = a.id and e.verb = 'matter_' || t.status "
        "and e.data->>'matter' = t.matter_code and e.unit_code = t.unit_code "
        "and e.data->>'opinion' = t.opinion and coalesce(e.data->>'way', '') = t.way "
        "and coalesce((e.data->>'by_default')::boolean, false) = t.is_by_default "
        # The second person's act names the first; a higher organ's answer is recorded by anybody of the unit.
        "and ((e.actor_id is not distinct from coalesce(t.checker_id, t.officer_id) "
        "and (t.checker_id is null or e.data->>'officer_id' = t.officer_id::text) "
        "and (t.on_behalf_of is null or e.data->>'for' <> '')) "
        "or exists (select from external_wait w where w.task_id = t.id and w.authority = e.data->>'authority' "
        "and w.answer_note = t.opinion))) "
        "union all select a.number || ' ' || f.item_code || ' 的确认不在留痕中' from fee_line f "
        "join application a on a.id = f.application_id where f.state = 'final' and f.confirm_required and not exists "
        "(select from audit_event e where e.application_id = a.id and e.verb = 'line_confirmed' "
        "and e.data->>'item' = f.item_code and e.unit_code = f.unit_code and e.actor_id = f.confirmed_by "
        "and (e.data->>'payable_fen')::bigint = f.payable_fen)",
    ),
    Invariant(
        "I10-two-people",
        "一审一核的结论由两个人作出，等复核的初审在留痕中",
        "select count(*) from review_task where mode = 'two_person'",
        "select a.number || ' ' || t.matter_code || ' 没有复核人' from review_task t "
        "join application a on a.id = t.application_id where t.mode = 'two_person' "
        "and t.status in ('approved', 'objected', 'forwarded') and t.checker_id is null and not t.is_by_default "
        "and not exists (select from meeting_verdict v where v.task_id = t.id) "
        "union all select a.number || ' ' || t.matter_code || ' 的初审不在留痕中' from review_task t "
        "join application a on a.id = t.application_id where t.status = 'checking' and not exists "
        "(select from audit_event e where e.application_id = a.id and e.verb = 'review_proposed' "
        "and e.data->>'matter' = t.matter_code and e.actor_id = t.officer_id "
        "and e.data->>'verdict' = t.first_verdict and e.data->>'opinion' = t.first_opinion)",
    ),
    Invariant(
        "I10-reports",
        "转报的任务各有一件未答复的转报，有催办日期",
        "select count(*) from review_task where status = 'forwarded'",
        "select a.number || ' ' || t.matter_code || ' 已转报而没有转报记录' from review_task t "
        "join application a on a.id = t.application_id where t.status = 'forwarded' and not exists "
        "(select from external_wait w where w.task_id = t.id and w.answered_at is null) "
        "union all select a.number || ' ' || t.matter_code || ' 状态为 ' || t.status || '，转报未答复' from external_wait w "
        "join review_task t on t.id = w.task_id join application a on a.id = t.application_id "
        "where w.answered_at is null and t.status not in ('forwarded', 'cancelled')",
    ),
    Invariant(
        "I10-refusals",
        "不予许可的申报各有一份编号连续的决定书，写明理由和怎样才能办",
        "select count(*) from application where status = 'refused'",
        "select a.number || ' 与不予许可决定书不符' from application a left join refusal r on r.application_id = a.id "
        "where (a.status = 'refused') <> (r.id is not null) or (r.id is not null and ("
        "not exists (select from document d where d.kind = 'refusal' and d.subject_id = r.id) "
        "or not exists (select from audit_event e where e.application_id = a.id and e.verb = 'application_refused' "
        "and e.data->>'refusal' = r.number and e.actor_id = r.decided_by) or jsonb_array_length(r.grounds) = 0 "
        "or exists (select from jsonb_array_elements(r.grounds) g where coalesce(g->>'reason', '') = '' "
        "or coalesce(g->>'way', '') = ''))) "
        "union all select s.series || ' 发到 ' || s.last || '，存有 ' || found.rows || ' 份' from number_series s "
        "cross join lateral (select count(*) as rows from refusal r where r.tenant_id = s.tenant_id "
        "and 'refusal:' || extract(year from r.decided_at at time zone 'Asia/Shanghai') = s.series) found "
        "where s.series like 'refusal:%' and s.last <> found.rows",
    ),
    Invariant(
        "I10-void",
        "每张作废的缴费单都在留痕中，且没有缴款",
        "select count(*) from bill where status = 'void'",
        "select b.number || ' 已作废而不在留痕中，或有缴款' from bill b where b.status = 'void' and (not exists "
        "(select from audit_event e where e.application_id = b.application_id and e.verb = 'bill_voided' "
        "and e.data->>'bill' = b.number) or exists (select from payment p where p.bill_id = b.id)) "
        "union all select b.number || ' 留痕中已作废，状态为 ' || b.status from audit_event e join bill b "
        "on b.application_id = e.application_id and b.number = e.data->>'bill' "
        "where e.verb = 'bill_voided' and b.status <> 'void'",
    ),
    Invariant(
        "I10-money",
        "每张缴费单、每笔缴款、每张回执与留痕所记金额一致",
        "select (select count(*) from bill) + (select count(*) from payment) + (select count(*) from receipt)",
        "select b.number || ' 与留痕不符' from bill b where not exists "
        "(select from audit_event e where e.application_id = b.application_id and e.verb = 'bill_issued' "
        "and e.data->>'bill' = b.number and e.data->>'payer' = b.payer "
        "and (e.data->>'total_fen')::bigint = b.total_fen) "
        "union all select b.number || ' 的缴款与留痕不符' from payment p join bill b on b.id = p.bill_id where not exists "
        "(select from audit_event e where e.application_id = b.application_id and e.verb = 'payment_posted' "
        "and e.data->>'bill' = b.number and e.data->>'bank_txn_id' = p.provider_txn_id "
        "and (e.data->>'amount_fen')::bigint = p.amount_fen) "
        "union all select r.code || '-' || r.number || ' 与留痕不符' from receipt r where not exists "
        "(select from audit_event e where e.application_id = r.application_id "
        "and e.verb = case r.kind when 'reversal' then 'receipt_reversed' else 'receipt_issued' end "
        "and e.data->>'receipt' = r.code || '-' || r.number and (e.data->>'total_fen')::bigint = r.total_fen) "
        "union all select b.number || ' 留痕中已缴而没有缴款' from audit_event e join bill b "
        "on b.application_id = e.application_id and b.number = e.data->>'bill' where e.verb = 'payment_posted' "
        "and not exists (select from payment p where p.bill_id = b.id)",
    ),
    Invariant(
        "I10-refunds",
        "每笔退费编号连续，申请、核对、审批、付款都在留痕中，由不同的人作出",
        "select count(*) from refund",
        "select r.number || ' 与留痕不符' from refund r where r.application_id is not null and (not exists "
        "(select from audit_event e where e.application_id = r.application_id and e.verb = 'refund_asked' "
        "and e.data->>'refund' = r.number and (e.data->>'amount_fen')::bigint = r.amount_fen "
        "and e.data->>'kind' = r.kind) or (r.state in ('approved', 'sent', 'paid', 'failed') and not exists "
        "(select from audit_event e where e.application_id = r.application_id and e.verb = 'refund_approved' "
        "and e.data->>'refund' = r.number and e.actor_id = r.decided_by)) or (r.state = 'declined' and not exists "
        "(select from audit_event e where e.application_id = r.application_id and e.verb = 'refund_declined' "
        "and e.data->>'refund' = r.number and e.actor_id is not distinct from r.decided_by)) "
        "or (r.checked_by is not null and not exists (select from audit_event e "
        "where e.application_id = r.application_id and e.verb = 'refund_checked' and e.data->>'refund' = r.number "
        "and e.actor_id = r.checked_by and e.unit_code = r.unit_code)) or (r.state = 'paid' and not exists "
        "(select from audit_event e where e.application_id = r.application_id and e.verb = 'refund_paid' "
        "and e.data->>'refund' = r.number and e.data->>'bank_txn_id' = r.bank_txn_id))) "
        "union all select s.series || ' 发到 ' || s.last || '，存有 ' || found.rows || ' 笔' from number_series s "
        "cross join lateral (select count(*) as rows from refund r where r.tenant_id = s.tenant_id "
        "and 'refund:' || extract(year from r.asked_on) = s.series) found "
        "where s.series like 'refund:%' and s.last <> found.rows",
    ),
    Invariant(
        "I10-documents",
        "每份文书的摘要与留痕（未成办件的，与盖章的书面答复；账上的，与盖章的结账或导出记录）所记一致",
        "select count(*) from document where sha256 is not null",
        "select d.title || ' 的摘要与书面答复不符' from document d where d.sha256 is not null "
        "and d.application_id is null and not exists (select from intake_notice n where n.id = d.subject_id "
        "and n.draft_id = d.draft_id and n.document_sha256 = d.sha256) "
        "and not exists (select from period p where p.id = d.subject_id and d.kind = p.kind || '_close' "
        "and p.document_sha256 = d.sha256) and not exists (select from export x where x.id = d.subject_id "
        "and d.kind = 'export' and x.document_sha256 = d.sha256) "
        "union all select d.title || ' 的摘要与留痕不符' from document d where d.sha256 is not null "
        "and d.application_id is not null and not exists "
        "(select from audit_event e where e.application_id = d.application_id and e.verb = 'document_ready' "
        "and e.data->>'kind' = d.kind and e.data->>'title' = d.title and e.data->>'sha256' = d.sha256)",
    ),
    Invariant(
        "I2-series",
        "办件编号、缴费单编号连续，没有无故缺号",
        "select (select count(*) from application) + (select count(*) from bill)",
        "select s.series || ' 发到 ' || s.last || '，存有 ' || found.rows || ' 件' from number_series s "
        "cross join lateral (select case when s.series like 'bill:%' then (select count(*) from bill b "
        "where b.tenant_id = s.tenant_id and 'bill:' || extract(year from b.issued_on) = s.series) "
        "else (select count(*) from application a where a.tenant_id = s.tenant_id "
        "and 'application:' || a.accepted_on = s.series) end as rows) found "
        "where (s.series like 'bill:%' or s.series like 'application:%') and s.last <> found.rows",
    ),
    Invariant(
        "I2-notices",
        "每件申报恰有一份受理通知书，不予受理的各有一份不予受理通知书，编号与留痕相符",
        "select count(*) from intake_notice",
        "select a.number || ' 没有或不止一份受理通知书，或编号与留痕不符' from application a where "
        "(select count(*) from intake_notice n join audit_event e on e.application_id = a.id and e.seq = 1 "
        "and e.data->>'notice' = n.number where n.application_id = a.id and n.kind = 'accepted') <> 1 "
        "union all select a.number || ' 的不予受理通知书与状态或留痕不符' from application a where "
        "(a.status = 'not_accepted') <> exists (select from intake_notice n join audit_event e "
        "on e.application_id = a.id and e.verb = 'application_not_accepted' and e.data->>'notice' = n.number "
        "and e.data->>'reason' = n.reason where n.application_id = a.id and n.kind = 'not_accepted')",
    ),
    Invariant(
        "I2-notice-series",
        "受理、一次性告知、不予受理通知书编号连续，没有无故缺号",
        "select count(*) from intake_notice",
        "select s.series || ' 发到 ' || s.last || '，存有 ' || found.rows || ' 份' from number_series s "
        "cross join lateral (select count(*) as rows from intake_notice n where n.tenant_id = s.tenant_id "
        "and n.kind || ':' || extract(year from n.issued_on) = s.series) found "
        "where split_part(s.series, ':', 1) in ('accepted', 'one_time', 'not_accepted') and s.last <> found.rows",
    ),
    Invariant(
        "I2-letter-series",
        "补正告知书、联席会议、联合踏勘、服务卡、缴费异议编号连续，没有无故缺号",
        "select count(*) from number_series where split_part(series, ':', 1) in ('correction', 'meeting', 'survey', "
        "'card', 'dispute')",
        "select s.series || ' 发到 ' || s.last || '，存有 ' || count(n.at) || ' 份' from number_series s left join ("
        "select tenant_id, 'correction' as kind, sent_at as at from correction_notice where number is not null "
        "union all select tenant_id, 'meeting', called_at from meeting "
        "union all select tenant_id, 'survey', called_at from survey "
        "union all select tenant_id, 'card', decided_at from service_card where number is not null "
        "union all select tenant_id, 'dispute', raised_at from dispute) n on n.tenant_id = s.tenant_id "
        "and n.kind || ':' || extract(year from n.at at time zone 'Asia/Shanghai') = s.series "
        "where split_part(s.series, ':', 1) in ('correction', 'meeting', 'survey', 'card', 'dispute') "
        "group by s.series, s.last having s.last <> count(n.at)",
    ),
    Invariant(
        "I2-commitments",
        "每项告知承诺都在留痕中，有自己的时限，补交的材料属于该办件",
        "select count(*) from commitment",
        "select a.number || ' ' || c.material_code || ' 的承诺与留痕、时限或材料不符' from commitment c "
        "join application a on a.id = c.application_id where not exists (select from audit_event e "
        "where e.application_id = a.id and e.data->>'material' = c.material_code and e.verb = 'paper_promised' "
        "and (e.data->>'due_on' = c.due_on::text or exists (select from audit_event m where m.application_id = a.id "
        "and m.verb = 'clocks_redated' and m.data->'clocks' @> jsonb_build_array(jsonb_build_object("
        "'mechanism', 'commitment', 'after', c.due_on::text))))) "
        "or not exists (select from clock k where k.mechanism = 'commitment' "
        "and k.subject_id = c.id and k.due_on = c.due_on) or (c.attachment_id is not null and not exists (select from attachment p "
        "where p.id = c.attachment_id and p.application_id = a.id and p.material_code = c.material_code)) "
        "or (c.state in ('fulfilled', 'failed') and not exists (select from audit_event e "
        "where e.application_id = a.id and e.verb = 'commitment_' || c.state and e.unit_code = c.unit_code "
        "and e.data->>'material' = c.material_code and e.data->>'opinion' = c.opinion))",
    ),
    Invariant(
        "I11-outbox",
        "没有滞留的后台任务",
        "select count(*) from outbox",
        "select o.task || ' #' || o.id || ' 滞留，已尝试 ' || o.attempts || ' 次' from outbox o "
        "where o.done_at is null and o.dead_at is null and o.created_at < now() - interval '5 minutes'",
    ),
    Invariant(
        "I12-every-task",
        "每项任务、每件申报都有时限",
        "select (select count(*) from review_task) + (select count(*) from application)",
        "select a.number || ' ' || t.matter_code || ' 没有时限' from review_task t join application a "
        "on a.id = t.application_id where not exists (select from clock c where c.mechanism = 'matter' "
        "and c.subject_id = t.id and c.application_id = a.id) "
        "union all select a.number || ' 没有全程时限' from application a where not exists "
        "(select from clock c where c.mechanism = 'joint' and c.subject_id = a.id and c.application_id = a.id)",
    ),
    Invariant(
        "I12-stopped",
        "已有结论的任务时限都已停止，没有结论的都没有；全部同意且缴费单已出即停止全程时限",
        "select count(*) from review_task",
        "select a.number || ' ' || t.matter_code || ' 为 ' || t.status || '，时限为 ' || c.state from review_task t "
        "join application a on a.id = t.application_id "
        "join clock c on c.mechanism = 'matter' and c.subject_id = t.id "
        "where (t.status in ('approved', 'objected', 'cancelled')) <> (c.state = 'stopped') "
        "union all select a.number || ' 全程时限为 ' || c.state from application a "
        "join clock c on c.mechanism = 'joint' and c.subject_id = a.id where a.status in ('in_review', 'objected', "
        "'billed', 'completed') and (c.state = 'stopped') <> (a.status in ('billed', 'completed') and not exists "
        "(select from review_task t where t.application_id = a.id and t.status not in ('approved', 'cancelled')))",
    ),
    Invariant(
        "I12-mirrors",
        "任务、申报、承诺和服务卡上的期限、停表与其时限一致",
        "select count(*) from clock where state in ('running', 'paused')",
        "select a.number || ' ' || t.matter_code || ' 的期限与时限不符' from clock c join review_task t "
        "on t.id = c.subject_id join application a on a.id = t.application_id where c.mechanism = 'matter' "
        "and c.state in ('running', 'paused') and (t.due_on <> c.due_on or t.near_on is distinct from "
        "least(c.hint_on, c.amber_on) or t.is_paused <> (c.state = 'paused') or t.kind <> c.kind) "
        "union all select a.number || ' 的期限与全程时限不符' from clock c join application a on a.id = c.subject_id "
        "where c.mechanism = 'joint' and c.state in ('running', 'paused') and (a.due_on <> c.due_on "
        "or a.near_on is distinct from least(c.hint_on, c.amber_on) or a.is_paused <> (c.state = 'paused')) "
        "union all select a.number || ' 的服务卡期限与时限不符' from clock c join service_card s on s.id = c.subject_id "
        "join application a on a.id = c.application_id where c.mechanism = 'card' and s.due_on <> c.due_on",
    ),
    Invariant(
        "I12-pauses",
        "停着的时限有未了的停表，走着的没有；停表不早于起算",
        "select count(*) from clock_pause",
        "select a.number || ' ' || c.mechanism || ' 为 ' || c.state || '，停表与之不符' from clock c "
        "join application a on a.id = c.application_id where c.state <> 'waiting' and ((c.state = 'paused') <> exists "
        "(select from clock_pause p where p.clock_id = c.id and p.ended_on is null) "
        "or exists (select from clock_pause p where p.clock_id = c.id and p.started_on < c.started_on))",
    ),
    Invariant(
        "I12-steps",
        "提醒都不早于其日，都已告知，越级的没有",
        "select count(*) from clock_step",
        "select a.number || ' 的提醒 ' || s.step || ' 早于其日' from clock_step s "
        "join application a on a.id = s.application_id where s.reached_on > (s.at at time zone 'Asia/Shanghai')::date "
        "or (s.step not in ('hint', 'amber') and s.reached_on <= s.due_on) "
        "union all select a.number || ' 的提醒 ' || s.step || ' 没有告知' from clock_step s "
        "join application a on a.id = s.application_id where s.to_name <> '' and not exists (select from notice n "
        "where n.application_id = s.application_id and n.kind = 'step_' || s.step "
        "and starts_with(n.key, 'step:' || s.clock_id || ':' || s.due_on || ':' || s.step || ':')) "
        "and not exists (select from notice_line l where l.application_id = s.application_id "
        "and l.key = 'step:' || s.clock_id || ':' || s.due_on || ':' || s.step and case "
        "when l.told_as = '' then l.recorded_at > now() - interval '10 minutes' else exists (select from notice n "
        "where n.tenant_id = l.tenant_id and n.key = l.told_as || ':' || l.mark) end) "
        "union all select a.number || ' 越过 ' || lower.step || ' 到了 ' || s.step from clock_step s "
        "join application a on a.id = s.application_id "
        "join (values ('red', 'officer'), ('chief', 'red'), ('lead', 'chief'), ('supervisor', 'lead'), "
        "('meeting', 'supervisor')) as lower(above, step) on lower.above = s.step "
        "where not exists (select from clock_step b where b.clock_id = s.clock_id and b.due_on = s.due_on "
        "and b.step = lower.step)",
    ),
    Invariant(
        "I12-extensions",
        "延期由两人办理，每项一次，批准的天数与时限一致",
        "select count(*) from clock_extension",
        "select a.number || ' 的延期与时限不符' from clock_extension e join clock c on c.id = e.clock_id "
        "join application a on a.id = e.application_id where (e.state = 'granted' and (c.extended_days <> e.days "
        "or e.decided_by = e.asked_by)) or (e.state = 'granted' and not exists (select from audit_event v "
        "where v.application_id = e.application_id and v.verb = 'extension_granted' and v.actor_id = e.decided_by)) "
        "union all select a.number || ' 时限延长而没有批准' from clock c join application a on a.id = c.application_id "
        "where c.mechanism = 'matter' and c.extended_days > 0 and not exists (select from clock_extension e "
        "where e.clock_id = c.id and e.state = 'granted')",
    ),
    Invariant(
        "I6-orders",
        "渠道付过的订单，款项或已入账或在待查款中，各一次；询问得来的缴款都有订单",
        "select count(*) from channel_order",
        "select o.number || ' 已付而款项没有着落' from channel_order o where o.state = 'paid' "
        "and not exists (select from payment p where p.provider = o.channel and p.provider_txn_id = o.transaction_no) "
        "and not exists (select from suspense s where s.provider = o.channel and s.bank_reference = o.transaction_no) "
        "union all select p.provider || ' ' || p.provider_txn_id || ' 没有支付订单' from payment p "
        "where p.source = 'query' and not exists (select from channel_order o where o.channel = p.provider "
        "and o.transaction_no = p.provider_txn_id and o.bill_id = p.bill_id)",
    ),
    Invariant(
        "I11-orders",
        "没有结果的渠道订单都在继续询问，久询无果的有待处理事项",
        "select count(*) from channel_order where ask_at is not null",
        "select o.number || ' 没有结果而无人询问' from channel_order o where o.ask_at is not null "
        "and o.expires_at < now() - interval '1 day' and not exists (select from case_item c "
        "where c.kind = 'channel_unknown' and c.key = o.id::text)",
    ),
    Invariant(
        "I13-channel-bills",
        "渠道手续费账面等于各渠道账单所列之和；渠道结算在渠道和银行两边的文件中金额相等",
        "select count(*) from statement_file where format in ('wechat_trade', 'alipay_detail')",
        "select t.id || ' 手续费账面 ' || each.booked || ' 分，账单合计 ' || each.listed || ' 分' from tenant t "
        "cross join lateral (select coalesce((select sum(amount_fen) from ledger_posting where tenant_id = t.id "
        "and account = 'channel_fee'), 0) as booked, coalesce((select sum(l.fee_fen) from statement_line l "
        "join statement_file f on f.id = l.file_id where f.tenant_id = t.id "
        "and f.format in ('wechat_trade', 'alipay_detail')), 0) as listed) each where each.booked <> each.listed "
        "union all select t.id || ' 渠道结算两边相差 ' || sum(l.amount_fen) || ' 分' from tenant t "
        "join statement_line l on l.tenant_id = t.id where l.rule = 'pay_out' group by t.id having sum(l.amount_fen) <> 0",
    ),
    Invariant(
        "I13-callbacks",
        "每个回调都有结果；被拒的都有待处理事项",
        "select count(*) from callback_inbox",
        "select i.provider || ' ' || i.key || ' 没有结果或没有待处理事项' from callback_inbox i where "
        "(i.outcome = 'received' and i.received_at < now() - interval '5 minutes') "
        "or (i.outcome = 'refused' and not exists (select from case_item c where c.key = i.provider || ':' || i.key))",
    ),
    Invariant(
        "I14-dead-work",
        "停止的后台任务都有待处理事项",
        "select count(*) from outbox where dead_at is not null",
        "select o.task || ' #' || o.id || ' 已停止而没有待处理事项' from outbox o where o.dead_at is not null "
        "and not exists (select from case_item c where c.kind = 'work_dead' and c.key = o.id::text)",
    ),
    Invariant(
        "I15-meetings",
        "已召开的联席会议对所议的每个事项都有结论，互为前置的同时办结，并有会议纪要",
        "select count(*) from meeting where state = 'held'",
        "select m.number || ' 对 ' || t.matter_code || ' 没有结论' from meeting m "
        "cross join lateral jsonb_array_elements_text(m.task_ids) about(task) join review_task t on t.id = about.task::uuid "
        "where m.state = 'held' and m.kind <> 'escalation' and not exists "
        "(select from meeting_verdict v where v.meeting_id = m.id and v.task_id = t.id) "
        "union all select m.number || ' 的结论不在留痕中' from meeting m join meeting_verdict v on v.meeting_id = m.id "
        "join review_task t on t.id = v.task_id where not exists (select from audit_event e "
        "where e.application_id = m.application_id and e.data->>'meeting' = m.number and e.at = m.held_at "
        "and e.data->>'matter' = t.matter_code and e.seal is not null "
        "and e.verb in ('matter_' || v.verdict, 'objection_upheld')) "
        "union all select m.number || ' 没有会议纪要' from meeting m where m.state = 'held' and not exists "
        "(select from document d where d.kind = 'minutes' and d.subject_id = m.id)",
    ),
    Invariant(
        "I15-green",
        "审核任务的通道与其申报一致；绿色通道都有服务卡",
        "select count(*) from review_task",
        "select a.number || ' ' || t.matter_code || ' 的通道与申报不一致' from review_task t "
        "join application a on a.id = t.application_id where t.lane <> a.lane "
        "union all select a.number || ' 在绿色通道而没有服务卡' from application a where a.lane = 'green' and not exists "
        "(select from service_card c where c.application_id = a.id and c.state = 'granted')",
    ),
)


def check(session: Session, invariant: Invariant) -> tuple[int, list[str]]:
    """Over how many rows the rule was checked, and what breaks it."""
    checked = session.execute(text(invariant.count)).scalar_one()
    return checked, [str(row[0]) for row in session.execute(text(invariant.broken))]


@dataclass(frozen=True, slots=True)
class OpenClock:
    """A clock that runs or stands still, with what its dates follow from; `stops` are the pauses that are over."""

    tenant_id: str
    number: str
    mechanism: str
    days: int
    started_on: date
    hint_on: date
    amber_on: date
    due_on: date
    stops: tuple[tuple[date, date], ...]


def open_clocks(session: Session) -> list[OpenClock]:
    """Every clock that has not stopped."""
    rows = session.execute(
        text(
            "select c.tenant_id, a.number, c.mechanism, c.promise_days + c.extended_days as days, c.started_on, "
            "c.hint_on, c.amber_on, c.due_on, coalesce((select array_agg(array[p.started_on, p.ended_on]) "
            "from clock_pause p where p.clock_id = c.id and p.ended_on is not null), '{}') as stops "
            "from clock c join application a on a.id = c.application_id where c.state in ('running', 'paused') "
            "order by a.number, c.id"
        )
    )
    return [OpenClock(**{**row._mapping, "stops": tuple((first, last) for first, last in row.stops)}) for row in rows]


def working_days(session: Session) -> dict[str, tuple[date, ...]]:
    """Every city's working days in order."""
    days: dict[str, list[date]] = {}
    for row in session.execute(text("select tenant_id, day from calendar_day where is_working order by day")):
        days.setdefault(row.tenant_id, []).append(row.day)
    return {tenant: tuple(each) for tenant, each in days.items()}


@dataclass(frozen=True, slots=True)
class Chain:
    """One application's audit trail as stored, and the head that its row remembers."""

    application_id: UUID
    number: str
    audit_seq: int
    audit_hash: bytes
    events: tuple[Any, ...]


def chains(session: Session) -> Iterator[Chain]:
    """Every application's audit trail, in order."""
    applications = session.execute(text("select id, number, audit_seq, audit_hash from application order by id")).all()
    for row in applications:
        events = session.execute(select(EVENTS).where(EVENTS.c.application_id == row.id).order_by(EVENTS.c.seq)).all()
        yield Chain(row.id, row.number, row.audit_seq, row.audit_hash, tuple(events))


@dataclass(frozen=True, slots=True)
class SealedLine:
    """A fee line's seal and what it should cover."""

    number: str
    id: UUID
    item_code: str
    unit_code: str
    line: dict[str, Any]
    seal_key_id: str | None
    seal: bytes | None


def sealed_lines(session: Session) -> Iterator[SealedLine]:
    """Every assessed fee line with its seal."""
    rows = session.execute(
        text(
            "select a.number, f.id, f.item_code, f.unit_code, f.line, f.seal_key_id, f.seal from fee_line f "
            "join application a on a.id = f.application_id where f.state <> 'pending' order by a.number, f.seq"
        )
    )
    for row in rows:
        yield SealedLine(**row._mapping)


def sealed_notices(session: Session) -> list[NoticeRow]:
    """Every answer on a draft, which carries its unit's seal itself."""
    return intake_notices.without_application(session)


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A finished document and where its bytes lie."""

    kind: str
    title: str
    sha256: str
    ready_at: datetime


def finished_documents(session: Session) -> list[StoredDocument]:
    """Every document that was made."""
    rows = session.execute(
        text("select kind, title, sha256, ready_at from document where sha256 is not null order by ready_at")
    )
    return [StoredDocument(**row._mapping) for row in rows]


def finance_units(session: Session) -> tuple[str, ...]:
    """The units whose seal stands under closed periods: every city's own."""
    rows = session.execute(text("select distinct data->'settings'->>'finance_unit' from tenant"))
    return tuple(str(row[0]) for row in rows)
