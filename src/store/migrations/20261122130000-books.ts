/** Results of closed hedges in place of a copy that nobody wrote, decisions, more kinds of rows, and rows by their trade. */
import { Migration } from '@mikro-orm/migrations'

const KINDS =
  "'trade', 'settlement', 'interest', 'transfer-in', 'transfer-out', 'liquidation', 'adl', 'delivery'"

export class BooksTables extends Migration {
  override name = '20261122130000-books'

  override up(): void {
    this.addSql(`drop table "hedge";`)
    this.addSql(
      `create table "hedge" ("account" text not null, "hedge_id" text not null, "symbol" text not null, "direction" text not null, "route" text not null, "opened_at_ms" bigint not null, "closed_at_ms" bigint not null, "capital_usdt" numeric(38,18) not null, "notional_usdt" numeric(38,18) not null, "funding_usdt" numeric(38,18) not null, "fees_usdt" numeric(38,18) not null, "basis_usdt" numeric(38,18) not null, "slippage_usdt" numeric(38,18) not null, "borrow_usdt" numeric(38,18) not null, "dust_usdt" numeric(38,18) not null, "net_usdt" numeric(38,18) not null, "detail" json not null, primary key ("account", "hedge_id"));`,
    )
    this.addSql(`create index "hedge_by_closing" on "hedge" ("account", "closed_at_ms", "hedge_id");`)
    this.#direction()
    this.addSql(
      `create table "decision" ("account" text not null, "symbol" text not null, "about" text not null, "at_ms" bigint not null, "verdict" text not null, "because" text not null, "direction" text not null, "found" text not null, "bound" text not null, "detail" json not null, primary key ("account", "symbol", "about", "at_ms"));`,
    )
    this.addSql(`create index "decision_by_time" on "decision" ("account", "at_ms");`)
    this.addSql(
      `alter table "decision" add constraint "decision_about_check" check ("about" in ('entry', 'exit'));`,
    )
    this.#allow(`${KINDS}, 'conversion', 'bonus', 'fee-refund', 'other'`)
    this.addSql(
      `create index "transaction_log_by_trade" on "transaction_log" ("account", "trade_id") where "trade_id" <> '';`,
    )
  }

  override down(): void {
    this.addSql(`drop index "transaction_log_by_trade";`)
    this.#allow(`${KINDS}, 'other'`)
    this.addSql(`drop table "decision";`)
    this.addSql(`drop table "hedge";`)
    this.addSql(
      `create table "hedge" ("account" text not null, "hedge_id" text not null, "symbol" text not null, "base_coin" text not null, "direction" text not null, "state" text not null, "target_qty" numeric(38,18) not null, "opened_at_ms" bigint not null, "closed_at_ms" bigint null, "detail" json not null, primary key ("account", "hedge_id"));`,
    )
    this.addSql(`create index "hedge_by_opening" on "hedge" ("account", "opened_at_ms", "hedge_id");`)
    this.#direction()
  }

  #allow(kinds: string): void {
    this.addSql(
      `alter table "transaction_log" drop constraint "transaction_log_kind_check", add constraint "transaction_log_kind_check" check ("kind" in (${kinds}));`,
    )
  }

  #direction(): void {
    this.addSql(
      `alter table "hedge" add constraint "hedge_direction_check" check ("direction" in ('long-carry', 'reverse-carry'));`,
    )
  }
}
