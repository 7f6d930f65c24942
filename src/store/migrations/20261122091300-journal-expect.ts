/** What the generator cannot write: the guard the journal's statement ends with, and how its busiest tables are stored. */
import { Migration } from '@mikro-orm/migrations'

export class JournalExpect extends Migration {
  override name = '20261122091300-journal-expect'

  override up(): void {
    // Raising undoes the whole statement: a batch is stored entirely or not at all.
    this.addSql(`
      create function journal_expect(fence bigint, expected_epoch bigint, moved bigint, expected bigint)
      returns boolean language plpgsql as $$
      begin
        if fence is distinct from expected_epoch then
          raise exception 'the account is held under epoch %, this writer has epoch %', fence, expected_epoch
            using errcode = 'HR002';
        end if;
        if moved <> expected then
          raise exception 'expected % actors to move, found %', expected, moved using errcode = 'HR001';
        end if;
        return true;
      end $$;`)
    // Rewritten at every step: room on the page keeps new versions beside the old ones and out of the indexes.
    this.addSql(`alter table "actor" set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);`)
    this.addSql(`alter table "effect" set (autovacuum_vacuum_scale_factor = 0.05);`)
  }

  override down(): void {
    this.addSql(`drop function journal_expect(bigint, bigint, bigint, bigint);`)
    this.addSql(`alter table "actor" reset (fillfactor, autovacuum_vacuum_scale_factor);`)
    this.addSql(`alter table "effect" reset (autovacuum_vacuum_scale_factor);`)
  }
}
