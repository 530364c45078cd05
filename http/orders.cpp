// An account's orders.
#include "handlers/orders.hpp"

#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/accounts.hpp"
#include "projections/orders.hpp"

namespace muster::http {
namespace {

constexpr std::size_t most_items = 100;

std::vector<OrderItem> order_items(Fields& body) {
    std::vector<OrderItem> items;
    for (auto& item : body.required_objects("items", most_items))
        items.push_back({item.required_text("description"), item.required_amount("amount")});
    return items;
}

}  // namespace

Answer list_orders(Call& call) {
    const auto page = call.query().page();
    if (auto problem = call.query().problem()) return std::unexpected(std::move(*problem));
    if (!views::find_account(*call.reading, call.account()))
        return std::unexpected(problem_of(no_such_account));
    return page_answer(call, views::list_orders(*call.reading, call.account(), page),
                       views::write_order);
}

Asked place_order(Call& call) {
    auto body = Fields::parse(call.request.body);
    if (!body) return std::unexpected(body.error());
    NewOrder order{order_items(*body), body->required_currency("currency")};
    auto canonical = body->canonical();
    if (auto problem = body->problem()) return std::unexpected(std::move(*problem));
    return Change{
        .use_case = [account = call.account(), order = std::move(order)](
                        Work& work,
                        const Secrets&) { return muster::place_order(work, account, order); },
        .answer =
            [](const Accepted& accepted, const Answering& with) {
                const auto* placed = find_event<OrderPlaced>(accepted);
                const auto row = views::find_order(with.reading, placed->account, placed->order);
                if (!row) return no_content();  // Gone again with its account.
                return json_answer(201, [&](JsonWriter& out) { views::write_order(out, *row); });
            },
        .body = std::move(canonical)};
}

}  // namespace muster::http
