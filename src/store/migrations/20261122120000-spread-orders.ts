/** An order may be a native spread order, both legs at once. */
import { Migration } from '@mikro-orm/migrations'

export class SpreadOrders extends Migration {
  override name = '20261122120000-spread-orders'

  override up(): void {
    this.#allow("'spot', 'linear', 'spread'")
  }

  override down(): void {
    this.#allow("'spot', 'linear'")
  }

  #allow(markets: string): void {
    this.addSql(
      `alter table "order" drop constraint "order_market_check", add constraint "order_market_check" check ("market" in (${markets}));`,
    )
  }
}
