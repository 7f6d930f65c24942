/** Commands may come from a chat: the audit says so. */
import { Migration } from '@mikro-orm/migrations'

export class CommandFromTelegramAdded extends Migration {
  override name = '20261201153000-command-telegram'

  override up(): void {
    this.addSql(`alter table "command" drop constraint "command_source_check";`)
    this.addSql(
      `alter table "command" add constraint "command_source_check" check ("source" in ('api', 'cli', 'dashboard', 'telegram'));`,
    )
  }

  override down(): void {
    this.addSql(`alter table "command" drop constraint "command_source_check";`)
    // Rows that came from a chat stay, told as the nearest there was.
    this.addSql(`update "command" set "source" = 'api' where "source" = 'telegram';`)
    this.addSql(
      `alter table "command" add constraint "command_source_check" check ("source" in ('api', 'cli', 'dashboard'));`,
    )
  }
}
