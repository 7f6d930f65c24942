/** The first tables, as generated from `tables.ts`. Checked in, never edited: a later change is a later migration. */
import { Migration } from '@mikro-orm/migrations'

export class Tables extends Migration {
  override name = '20261122091213-tables'

  override up(): void | Promise<void> {
    this.addSql(
      `create table "actor" ("account" text not null, "actor_id" text not null, "ordinal" bigserial not null, "kind" text not null, "parent_id" text not null, "seq" bigint not null, "version" int not null, "state" text not null, "snapshot" text not null, "timers" json not null, "status" text not null, "since_ms" bigint not null, primary key ("account", "actor_id"));`,
    )
    this.addSql(`create index "actor_living" on "actor" ("account", "ordinal") where "status" <> 'done';`)
    this.addSql(
      `alter table "actor" add constraint "actor_status_check" check ("status" in ('active', 'done', 'error'));`,
    )

    this.addSql(
      `create table "alert" ("account" text not null, "alert_id" text not null, "name" text not null, "severity" text not null, "message" text not null, "detail" json not null, "raised_at_ms" bigint not null, "cleared_at_ms" bigint null, primary key ("account", "alert_id"));`,
    )
    this.addSql(`create index "alert_by_time" on "alert" ("account", "raised_at_ms");`)
    this.addSql(
      `alter table "alert" add constraint "alert_severity_check" check ("severity" in ('page', 'ticket'));`,
    )

    this.addSql(
      `create table "command" ("account" text not null, "idempotency_key" text not null, "operator" text not null, "source" text not null, "target" text not null, "request" json not null, "outcome" json not null, "at_ms" bigint not null, primary key ("account", "idempotency_key"));`,
    )
    this.addSql(`create index "command_by_time" on "command" ("account", "at_ms");`)
    this.addSql(
      `alter table "command" add constraint "command_source_check" check ("source" in ('api', 'cli', 'dashboard'));`,
    )

    this.addSql(
      `create table "effect" ("account" text not null, "effect_id" text not null, "ordinal" bigserial not null, "actor_id" text not null, "seq" bigint not null, "type" text not null, "params" json not null, primary key ("account", "effect_id"));`,
    )

    this.addSql(
      `create table "equity" ("account" text not null, "at_ms" bigint not null, "equity_usdt" numeric(38,18) not null, "available_usdt" numeric(38,18) not null, "detail" json not null, primary key ("account", "at_ms"));`,
    )

    this.addSql(
      `create table "fill" ("account" text not null, "market" text not null, "exec_id" text not null, "order_link_id" text not null, "order_id" text not null, "hedge_id" text not null, "symbol" text not null, "side" text not null, "cause" text not null, "qty" numeric(38,18) not null, "price" numeric(38,18) not null, "fee" numeric(38,18) not null, "fee_coin" text not null, "maker" boolean not null, "filled_at_ms" bigint not null, primary key ("account", "market", "exec_id"));`,
    )
    this.addSql(`create index "fill_by_hedge" on "fill" ("account", "hedge_id", "filled_at_ms");`)
    this.addSql(`create index "fill_by_order" on "fill" ("account", "order_link_id");`)
    this.addSql(
      `alter table "fill" add constraint "fill_market_check" check ("market" in ('spot', 'linear'));`,
    )
    this.addSql(`alter table "fill" add constraint "fill_side_check" check ("side" in ('Buy', 'Sell'));`)

    this.addSql(
      `create table "funding_payment" ("account" text not null, "transaction_id" text not null, "hedge_id" text not null, "symbol" text not null, "side" text not null, "coin" text not null, "amount" numeric(38,18) not null, "qty" numeric(38,18) not null, "mark_price" numeric(38,18) not null, "settled_at_ms" bigint not null, primary key ("account", "transaction_id"));`,
    )
    this.addSql(
      `create index "funding_payment_by_time" on "funding_payment" ("account", "settled_at_ms", "transaction_id");`,
    )
    this.addSql(
      `create index "funding_payment_by_hedge" on "funding_payment" ("account", "hedge_id", "settled_at_ms");`,
    )

    this.addSql(
      `create table "funding_rate" ("symbol" text not null, "settled_at_ms" bigint not null, "rate" numeric(38,18) not null, primary key ("symbol", "settled_at_ms"));`,
    )

    this.addSql(
      `create table "hedge" ("account" text not null, "hedge_id" text not null, "symbol" text not null, "base_coin" text not null, "direction" text not null, "state" text not null, "target_qty" numeric(38,18) not null, "opened_at_ms" bigint not null, "closed_at_ms" bigint null, "detail" json not null, primary key ("account", "hedge_id"));`,
    )
    this.addSql(`create index "hedge_by_opening" on "hedge" ("account", "opened_at_ms", "hedge_id");`)
    this.addSql(
      `alter table "hedge" add constraint "hedge_direction_check" check ("direction" in ('long-carry', 'reverse-carry'));`,
    )

    this.addSql(
      `create table "instrument" ("market" text not null, "symbol" text not null, "base_coin" text not null, "quote_coin" text not null, "trading" boolean not null, "detail" json not null, "read_at_ms" bigint not null, primary key ("market", "symbol"));`,
    )
    this.addSql(
      `alter table "instrument" add constraint "instrument_market_check" check ("market" in ('spot', 'linear'));`,
    )

    this.addSql(
      `create table "kline" ("market" text not null, "symbol" text not null, "interval_minutes" int not null, "at_ms" bigint not null, "open" numeric(38,18) not null, "high" numeric(38,18) not null, "low" numeric(38,18) not null, "close" numeric(38,18) not null, primary key ("market", "symbol", "interval_minutes", "at_ms"));`,
    )

    this.addSql(
      `create table "lease" ("account" text not null, "epoch" bigint not null, "holder" text not null, "salt" text not null, "taken_at_ms" bigint not null, primary key ("account"));`,
    )
    this.addSql(`alter table "lease" add constraint "lease_salt_check" check ("salt" ~ '^[0-9A-Z]{4}$');`)

    this.addSql(
      `create table "order" ("account" text not null, "order_link_id" text not null, "order_id" text not null, "hedge_id" text not null, "market" text not null, "symbol" text not null, "side" text not null, "qty" numeric(38,18) not null, "filled_qty" numeric(38,18) not null, "status" text not null, "reject_reason" text not null, "updated_at_ms" bigint not null, primary key ("account", "order_link_id"));`,
    )
    this.addSql(`create index "order_by_hedge" on "order" ("account", "hedge_id", "updated_at_ms");`)
    this.addSql(
      `alter table "order" add constraint "order_market_check" check ("market" in ('spot', 'linear'));`,
    )
    this.addSql(`alter table "order" add constraint "order_side_check" check ("side" in ('Buy', 'Sell'));`)
    this.addSql(
      `alter table "order" add constraint "order_status_check" check ("status" in ('open', 'filled', 'cancelled', 'rejected'));`,
    )

    this.addSql(
      `create table "poison" ("account" text not null, "poison_id" text not null, "actor_id" text not null, "event" json not null, "error" text not null, "at_ms" bigint not null, primary key ("account", "poison_id"));`,
    )
    this.addSql(`create index "poison_by_actor" on "poison" ("account", "actor_id", "at_ms");`)

    this.addSql(
      `create table "posting" ("account" text not null, "transaction_id" text not null, "line" int not null, "book" text not null, "kind" text not null, "coin" text not null, "amount" numeric(38,18) not null, "hedge_id" text not null, "symbol" text not null, "price" numeric(38,18) not null, "at_ms" bigint not null, primary key ("account", "transaction_id", "line"));`,
    )
    this.addSql(`create index "posting_by_time" on "posting" ("account", "at_ms", "transaction_id", "line");`)
    this.addSql(`create index "posting_by_hedge" on "posting" ("account", "hedge_id");`)
    this.addSql(`create index "posting_by_book" on "posting" ("account", "book");`)
    this.addSql(
      `alter table "posting" add constraint "posting_kind_check" check ("kind" in ('wallet', 'trading', 'fees', 'funding', 'interest', 'equity', 'suspense'));`,
    )

    this.addSql(
      `create table "transaction_log" ("account" text not null, "transaction_id" text not null, "kind" text not null, "venue_kind" text not null, "coin" text not null, "market" text not null, "symbol" text not null, "side" text not null, "order_link_id" text not null, "trade_id" text not null, "qty" numeric(38,18) not null, "price" numeric(38,18) not null, "funding" numeric(38,18) not null, "fee" numeric(38,18) not null, "cash_flow" numeric(38,18) not null, "change" numeric(38,18) not null, "balance_after" numeric(38,18) not null, "at_ms" bigint not null, primary key ("account", "transaction_id"));`,
    )
    this.addSql(
      `create index "transaction_log_by_time" on "transaction_log" ("account", "at_ms", "transaction_id");`,
    )
    this.addSql(
      `alter table "transaction_log" add constraint "transaction_log_kind_check" check ("kind" in ('trade', 'settlement', 'interest', 'transfer-in', 'transfer-out', 'liquidation', 'adl', 'delivery', 'other'));`,
    )

    this.addSql(
      `create table "transition" ("account" text not null, "actor_id" text not null, "seq" bigint not null, "prev_seq" bigint generated always as (CASE WHEN (seq > 0) THEN (seq - 1) ELSE NULL::bigint END) stored null, "version" int not null, "commit_id" text not null, "epoch" bigint not null, "event" json not null, "from_state" text not null, "to_state" text not null, "effects" json not null, "acks" json not null, "at_ms" bigint not null, primary key ("account", "actor_id", "seq"));`,
    )
    this.addSql(`alter table "transition" add constraint "transition_seq_check" check ("seq" >= 0);`)
    this.addSql(
      `create or replace function "transition_transition_append_only_fn"() returns trigger as $$ begin raise exception 'transition is append-only' using errcode = 'HR003'; end; $$ language plpgsql;`,
    )
    this.addSql(
      `create trigger "transition_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE on "transition" for each STATEMENT execute function "transition_transition_append_only_fn"();`,
    )

    this.addSql(
      `alter table "transition" add constraint "transition_account_actor_id_prev_seq_foreign" foreign key ("account", "actor_id", "prev_seq") references "transition" ("account", "actor_id", "seq") on update no action on delete no action;`,
    )
  }
}
