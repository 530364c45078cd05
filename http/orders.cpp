// An account's orders.
#include "handlers/orders.hpp"

#include "http/answers.hpp"
#include "http/operations.hpp"
#include "projections/accounts.hpp"
#include "projections/orders.hpp"

namespace muster::http {
namespace {

constexpr std::size_t most_items = 100;

NewOrder order_in(Fields& body) {
    NewOrder order;
    for (auto& item : body.required_objects("items", most_items))
        order.items.push_back({item.required_text("description"), item.required_amount("amount")});
    order.currency = body.required_currency("currency");
    return order;
}

Answer orders(Call& call, const views::PageRequest& page) {
    if (!views::find_account(*call.reading, call.account()))
        return std::unexpected(problem_of(no_such_account));
    return page_answer(call, views::list_orders(*call.reading, call.account(), page),
                       views::write_order);
}

Change ordering(Call& call, const NewOrder& order) {
    return {
        .use_case = [account = call.account(), order](
                        Work& work,
                        const Secrets&) { return muster::place_order(work, account, order); },
        .answer =
            [](const Accepted& accepted, const Answering& with) {
                const auto* placed = find_event<OrderPlaced>(accepted);
                const auto row = views::find_order(with.reading, placed->account, placed->order);
                if (!row) return no_content();  // Gone again with its account.
                return json_answer(201, [&](JsonWriter& out) { views::write_order(out, *row); });
            }};
}

}  // namespace

const Query list_orders = asking<orders, page_in>;
const Command place_order = changing<ordering, order_in>;

}  // namespace muster::http
