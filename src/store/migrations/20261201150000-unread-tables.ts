/** Three tables of the first days that nothing writes or reads: the exchange itself answers what they were to hold. */
import { Migration } from '@mikro-orm/migrations'

export class UnreadTables extends Migration {
  override name = '20261201150000-unread-tables'

  override up(): void {
    this.addSql(`drop table "instrument", "funding_rate", "kline";`)
  }

  override down(): void {
    this.addSql(
      `create table "instrument" ("market" text not null, "symbol" text not null, "base_coin" text not null, "quote_coin" text not null, "trading" boolean not null, "detail" json not null, "read_at_ms" bigint not null, primary key ("market", "symbol"), constraint "instrument_market_check" check ("market" in ('spot', 'linear')));`,
    )
    this.addSql(
      `create table "funding_rate" ("symbol" text not null, "settled_at_ms" bigint not null, "rate" numeric(38,18) not null, primary key ("symbol", "settled_at_ms"));`,
    )
    this.addSql(
      `create table "kline" ("market" text not null, "symbol" text not null, "interval_minutes" int not null, "at_ms" bigint not null, "open" numeric(38,18) not null, "high" numeric(38,18) not null, "low" numeric(38,18) not null, "close" numeric(38,18) not null, primary key ("market", "symbol", "interval_minutes", "at_ms"));`,
    )
  }
}
