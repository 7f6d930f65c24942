/** The exchange's terms as last read: collateral ratios and risk tiers. */
import { Migration } from '@mikro-orm/migrations'

export class TermsTableAdded extends Migration {
  override name = '20261201070000-terms'

  override up(): void {
    this.addSql(
      `create table "terms" ("account" text not null, "name" text not null, "terms" json not null, "read_at_ms" bigint not null, primary key ("account", "name"));`,
    )
  }

  override down(): void {
    this.addSql(`drop table "terms";`)
  }
}
