/** An alert has a subject, and a person who took it. */
import { Migration } from '@mikro-orm/migrations'

export class AlertLife extends Migration {
  override name = '20261122101500-alert-life'

  override up(): void {
    // Alerts of the time before have no subject: the default fills it and goes again.
    this.addSql(
      `alter table "alert" add "subject" text not null default '', add "acknowledged_at_ms" bigint null, add "acknowledged_by" text null;`,
    )
    this.addSql(`alter table "alert" alter column "subject" drop default;`)
  }

  override down(): void {
    this.addSql(
      `alter table "alert" drop column "subject", drop column "acknowledged_at_ms", drop column "acknowledged_by";`,
    )
  }
}
