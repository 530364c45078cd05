#include "tools/import_plan.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "handlers/fold.hpp"

namespace muster::tools {
namespace {

std::string_view record_name(std::string_view table) {
    return table == contact_table ? "contact" : "client";
}

}  // namespace

ImportPlan::ImportPlan(SqlDump& dump, Time now, ImportReport& report)
    : dump_(dump), report_(report) {
    context_.now = now;
}

// --- The first reading: where the rows are

std::expected<void, std::string> ImportPlan::find_rows(
    const std::function<void(std::uint64_t)>& progress) {
    const auto done =
        dump_.read({.row = [this](const RowPlace& place, const SqlRow& row) { take(place, row); },
                    .broken = [this](const BrokenRow& broken) { take_broken(broken); },
                    .progress = progress});
    if (!done) return done;
    if (!error_.empty()) return std::unexpected(error_);
    if (clients_.empty() && report_.clients.read == 0)
        return std::unexpected(fmt::format("there is no row of {} in it", client_table));
    report_.says_complete = dump_.says_complete();
    for (auto* rows : {&clients_, &contacts_}) {
        std::ranges::sort(
            *rows, {}, [](const Found& found) { return std::pair{found.id, found.place.offset}; });
    }
    return {};
}

void ImportPlan::take(const RowPlace& place, const SqlRow& row) {
    const auto& layout = layout_of(place);
    if (const auto missing = missing_columns(layout); !missing.empty()) {
        if (error_.empty())
            error_ = fmt::format("line {}: {} lacks what is needed of it: {}", place.line,
                                 layout.table, fmt::join(missing, ", "));
        return;
    }
    if (layout.table == question_table) return note_question(layout, row, context_);
    const auto id = id_in(layout, row);
    if (row.size() != layout.columns.size())
        return take_broken(
            {place, row,
             fmt::format("it has {} values for {} columns", row.size(), layout.columns.size())});
    if (!id) return take_broken({place, {}, "it has no number"});
    const bool is_client = layout.table == client_table;
    (is_client ? clients_ : contacts_)
        .push_back({static_cast<std::uint32_t>(*id), Found::Here::no, place});
    ++(is_client ? report_.clients : report_.contacts).read;
}

void ImportPlan::take_broken(const BrokenRow& broken) {
    const auto& layout = layout_of(broken.place);
    if (layout.table == question_table) return;  // Then nobody has that question.
    const auto record = record_name(layout.table);
    ++(record == "client" ? report_.clients : report_.contacts).read;
    report_.reject({{broken.place.line, record, id_in(layout, broken.values)}, broken.why});
}

// --- The second: record by record

std::expected<void, Fault> ImportPlan::run(const Log& log, const Keys& keys,
                                           const Visitor& visitor) {
    log_ = &log;
    keys_ = &keys;
    std::uint64_t done = 0;
    const auto each = [&](std::vector<Found>& all, auto&& import_one) {
        for (std::size_t n = 0; n < all.size() && !fault_; ++n) {
            if (n > 0 && all[n - 1].id == all[n].id) {
                reject(all[n], "its number stands twice in the dump; the first row counts");
                all[n].here = all[n - 1].here;
            } else {
                import_one(all[n]);
            }
            if (visitor.progress) visitor.progress(++done);
        }
    };
    each(clients_, [&](Found& found) { run_client(found, visitor); });
    each(contacts_, [&](const Found& found) { run_contact(found, visitor); });
    if (dump_.fault()) return std::unexpected(*dump_.fault());
    if (fault_) return std::unexpected(*fault_);
    return {};
}

void ImportPlan::run_client(Found& found, const Visitor& visitor) {
    if (was_imported(stream_of(LegacyClientId{found.id}))) {
        found.here = Found::Here::before;
        ++report_.clients.imported_before;
        return;
    }
    auto row = parse_client(layout_of(found.place), row_of(found), context_);
    if (!row) return reject(found, std::move(row.error()));
    const auto place = place_of(found);
    check_address(place, row->client.owner);
    note(place, std::move(row->remarks));
    found.here = Found::Here::now;
    ++report_.clients.imported;
    ++report_.users;
    ++report_.accounts;
    report_.answers += row->had_answer;
    report_.second_factors += row->had_second_factor;
    visitor.client(std::move(row->client));
}

void ImportPlan::run_contact(const Found& found, const Visitor& visitor) {
    if (was_imported(stream_of(LegacyContactId{found.id}))) {
        ++report_.contacts.imported_before;
        return;
    }
    auto row = parse_contact(layout_of(found.place), row_of(found), context_);
    if (!row) return reject(found, std::move(row.error()));
    auto& contact = row->contact;
    if (auto why = refuse_client(contact.client); !why.empty())
        return reject(found, std::move(why));
    const auto place = place_of(found);
    if (contact.contact && !takes_contact(contact.client)) {
        const auto why = fmt::format("its client {} has {} contacts already", contact.client.number,
                                     most_contacts);
        if (!contact.user) return reject(found, why);
        contact.contact.reset();
        row->remarks.push_back({"contacts.full", why + "; the user is made, the contact is not"});
    }
    if (contact.user) check_address(place, *contact.user);
    note(place, std::move(row->remarks));
    ++report_.contacts.imported;
    report_.users += contact.user.has_value();
    report_.associations += contact.user.has_value() && !contact.permissions.empty();
    report_.account_contacts += contact.contact.has_value();
    visitor.contact(std::move(contact));
}

// Found before, so that only another reading of another file can say otherwise.
SqlRow ImportPlan::row_of(const Found& found) {
    auto row = dump_.row_at(found.place);
    if (row && row->size() == layout_of(found.place).columns.size()) return std::move(*row);
    if (!fault_) fault_ = Fault{Fault::Kind::unavailable, "the dump changed while it was read"};
    return SqlRow(layout_of(found.place).columns.size());
}

bool ImportPlan::takes_contact(LegacyClientId client) {
    const auto [known, is_new] = contacts_of_.try_emplace(client.number, 0);
    if (is_new && was_imported(stream_of(client))) {
        const auto record = fold(*log_, stream_of(client), LegacyRecord{});
        const auto account =
            fold(*log_, stream_of(record ? record->account : AccountId{}), Account{});
        if (!account) fault_ = account.error();
        if (account) known->second = account->contacts.size();
    }
    return known->second++ < most_contacts;
}

std::string ImportPlan::refuse_client(LegacyClientId client) {
    const auto found = std::ranges::lower_bound(clients_, client.number, {}, &Found::id);
    const bool in_dump = found != clients_.end() && found->id == client.number;
    if (in_dump && found->here == Found::Here::now) return {};
    const auto record = fold(*log_, stream_of(client), LegacyRecord{});
    if (!record) fault_ = record.error();
    if (!record || !record->imported())
        return client ? fmt::format("its client {} {}", client.number,
                                    in_dump ? "was rejected" : "is not in the dump")
                      : std::string{"it names no client"};
    const auto account = fold(*log_, stream_of(record->account), Account{});
    if (!account) fault_ = account.error();
    if (account && !account->exists())
        return fmt::format("the account of its client {} was deleted", client.number);
    return {};
}

void ImportPlan::check_address(const LegacyPlace& place, const LegacyPerson& person) {
    if (!person.email) return;
    const auto key = keys_->email_key(person.email->normalised());
    if (auto holder = holder_of(key))
        return report_.conflict({place, person.email->text(), std::move(*holder)});
    given_.emplace(key, fmt::format("{} {}", place.record, *place.id));
}

std::optional<std::string> ImportPlan::holder_of(const EmailKey& key) {
    if (const auto found = given_.find(key); found != given_.end()) return found->second;
    if (!was_imported(stream_of(key))) return std::nullopt;  // No such stream.
    const auto holder = fold(*log_, stream_of(key), EmailHolder{.id = key, .user = {}});
    if (!holder) fault_ = holder.error();
    if (!holder || !holder->user) return std::nullopt;
    return fmt::format("user {}", holder->user.number);
}

bool ImportPlan::was_imported(const StreamId& stream) {
    const auto version = log_->version(stream);
    if (!version) fault_ = version.error();
    return version && *version != 0;
}

LegacyPlace ImportPlan::place_of(const Found& found) const {
    return {found.place.line, record_name(layout_of(found.place).table), found.id};
}

void ImportPlan::reject(const Found& found, std::string why) {
    report_.reject({place_of(found), std::move(why)});
}

void ImportPlan::note(const LegacyPlace& place, std::vector<Remark> remarks) {
    for (auto& remark : remarks)
        report_.note({place, remark.code, std::move(remark.text)});
}

const SqlLayout& ImportPlan::layout_of(const RowPlace& place) const {
    return dump_.layouts()[place.layout];
}

}  // namespace muster::tools
