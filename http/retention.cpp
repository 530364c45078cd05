// Having retention done at once, and looking at what it would do. Rules X11 to X17.
#include "handlers/retention.hpp"

#include "events/record.hpp"
#include "http/answers.hpp"
#include "http/operations.hpp"

namespace muster::http {
namespace {

// How a run ended that was started at this position; absent where a crash came before its end.
std::optional<RetentionRunEnded> end_of_run(const Log& log, Position started) {
    std::optional<RetentionRunEnded> ended;
    const auto read =
        log.read_stream(stream_of(SettingsKey{}), 0, SIZE_MAX, [&](const Stored& stored) {
            if (stored.position <= started) return true;
            const auto record = decode(stored.bytes, nullptr);
            const auto* end = record ? std::get_if<RetentionRunEnded>(&record->event) : nullptr;
            if (end != nullptr && end->run == started.number) ended = *end;
            return !ended;
        });
    return read ? ended : std::nullopt;
}

Response report_answer(const std::optional<RetentionRunEnded>& ended) {
    return json_answer(200, [&](JsonWriter& out) {
        const auto count = [&](std::string_view name, std::uint32_t RetentionRunEnded::* number) {
            out.key(name);
            if (ended) {
                out.number(std::uint64_t{(*ended).*number});
            } else {
                out.null();
            }
        };
        out.begin_object();
        count("accounts_deleted", &RetentionRunEnded::accounts_deleted);
        count("users_deleted", &RetentionRunEnded::users_deleted);
        count("accounts_deactivated", &RetentionRunEnded::accounts_deactivated);
        out.end_object();
    });
}

// What would be set, for a look ahead.
ChangeSettings changes_in(Fields& body) {
    ChangeSettings changes;
    changes.prune_after_months = body.number_or_off("prune_after_months", most_retention_months);
    changes.delete_users = body.on_off("delete_users");
    changes.deactivate_after_months =
        body.number_or_off("deactivate_after_months", most_retention_months);
    return changes;
}

// What only a look ahead takes.
std::vector<FieldError> unexpected_in(const ChangeSettings& changes) {
    std::vector<FieldError> errors;
    const auto note = [&](const auto& change, const char* pointer) {
        if (change)
            errors.push_back({pointer, "unexpected", "Only a dry run takes what is not set."});
    };
    note(changes.prune_after_months, "/prune_after_months");
    note(changes.delete_users, "/delete_users");
    note(changes.deactivate_after_months, "/deactivate_after_months");
    return errors;
}

Asked run(Call& call, const ChangeSettings& changes) {
    const bool dry_run = call.query().boolean("dry_run").value_or(false);
    if (auto errors = unexpected_in(changes); !dry_run && !errors.empty())
        return std::unexpected(invalid(std::move(errors)));
    return Change{
        .use_case = [changes](
                        Work& work,
                        const Secrets&) { return muster::start_retention_run(work, changes); },
        .answer =
            [](const Accepted& accepted, const Answering& with) {
                if (accepted.repeated)
                    return report_answer(end_of_run(with.services.log, accepted.position));
                const auto* ended = find_event<RetentionRunEnded>(accepted);
                return report_answer(ended ? *ended : RetentionRunEnded{});
            },
        .retires = true};
}

}  // namespace

const Command run_retention = changing<run, changes_in>;

}  // namespace muster::http
