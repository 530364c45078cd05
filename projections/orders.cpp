#include "projections/orders.hpp"

#include <fmt/format.h>

#include "projections/listing.hpp"

namespace muster::views {
namespace {

//   'o' account order -> OrderRow
using OrderTable = Table<Orders, 'o', Counted::yes, Walked::yes, OrderRow, AccountId, OrderId>;

}  // namespace

void Orders::on(const OrderPlaced& event, const At&, Rows& rows) {
    OrderRow row{
        .id = event.order,
        .account = event.account,
        .user = event.user.key,
        .admin = event.admin.transform([](const auto& mention) { return mention.key; }),
        .api_key = event.api_key.transform([](const auto& mention) { return mention.key; }),
        .items = event.lines.value.value_or(OrderLines{}).items,
        .currency = event.currency,
        .placed_at = event.placed_at};
    rows.insert<OrderTable>(row, row.account, row.id);
}

void Orders::on(const AccountDeleted& event, const At&, Rows& rows) {
    for (const auto id : rows.seconds<OrderTable, OrderId>(event.account))
        rows.erase<OrderTable>(event.account, id);
}

std::optional<OrderRow> find_order(const Reading& reading, AccountId account, OrderId order) {
    return find<OrderTable>(reading, account, order);
}

Paged<OrderRow> list_orders(const Reading& reading, AccountId account, const PageRequest& page) {
    Listing<OrderRow> list{.reading = reading,
                           .cursor = 'D',
                           .index = index_of<OrderTable>(reading, account),
                           .order = Order::descending,
                           .row_of = [&reading](std::string_view, std::string_view value) {
                               return decoded<OrderTable>(reading, value);
                           }};
    return answer(std::move(list), page);
}

std::string number_of(const OrderRow& order) {
    return fmt::format("{}-{:06}", to_text(order.placed_at).substr(0, 4), order.id.number);
}

Amount total_of(const OrderRow& order) {
    Amount total;
    for (const auto& item : order.items)
        total = total + item.amount;
    return total;
}

void write_order(JsonWriter& out, const OrderRow& order) {
    out.begin_object();
    out.key("id").number(order.id.number);
    out.key("number").text(number_of(order));
    out.key("account_id").number(order.account.number);
    out.key("user_id").number(order.user.number);
    if (order.admin) out.key("admin_id").number(order.admin->number);
    if (order.api_key) out.key("api_key_id").number(order.api_key->number);
    out.key("items").begin_array();
    for (const auto& item : order.items) {
        out.begin_object().key("description").text(item.description);
        out.key("amount").text(to_text(item.amount)).end_object();
    }
    out.end_array().key("currency").text(order.currency);
    out.key("total").text(to_text(total_of(order)));
    out.key("placed_at").time(order.placed_at);
    out.end_object();
}

}  // namespace muster::views
