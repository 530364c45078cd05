// Any line is a target or none, any bytes behind it are a body or a problem; whatever is wrong with
// them makes a problem document that is JSON, and a body's canonical form is its own.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "events/bytes.hpp"
#include "events/text.hpp"
#include "http/body.hpp"
#include "http/route.hpp"
#include "http/target.hpp"
#include "tests/fuzz/fuzzing.hpp"

namespace muster::http {
namespace {

void expect_document(const std::optional<Problem>& problem) {
    if (!problem) return;
    const auto document = nlohmann::json::parse(to_response(*problem, TraceId{}).body);
    expect(document.at("status") == problem->status && problem->status < 500);
}

// Whatever a route reads: any target and any body are taken or make a problem.
void check_readers(const Target& target, std::string_view body) {
    for (const auto& route : routes()) {
        const auto& function = route.function;
        if (const auto read =
                std::visit([](const auto& each) { return each.parameters; }, function)) {
            auto parameters = target.parameters;
            read(parameters);
            expect_document(parameters.problem());
        }
        const auto* command = std::get_if<Command>(&function);
        auto fields = Fields::parse(body);
        if (command == nullptr || command->body == nullptr || !fields) continue;
        command->body(*fields);
        expect_document(fields->problem());
    }
}

void check_target(std::string_view text, std::string_view body) {
    auto target = parse_target(text);
    if (!target) return;
    check_readers(*target, body);
    for (const auto& segment : target->segments) {
        expect(!segment.empty() && is_utf8(segment) && !segment.contains('\0'));
        const auto id = parse_id(segment);
        expect(id == 0 || std::to_string(id) == segment);
    }
    const auto page = target->parameters.page();
    expect(page.limit >= 1 && page.limit <= 200);
    target->parameters.order();
    target->parameters.time("time");
    expect_document(target->parameters.problem());
}

void read_all(Fields& fields) {
    expect(fields.id("id").value_or(1) > 0);
    fields.language("language");
    fields.on_off("on");
    fields.required_role("role");
    fields.required_permissions("permissions");
    fields.texts("texts");
    fields.choice("choice", {"a", "b"});
}

void check_body(std::string_view text) {
    auto fields = Fields::parse(text);
    if (!fields) return expect_document(fields.error());
    const auto canonical = fields->canonical();
    expect(Fields::parse(canonical).value().canonical() == canonical);
    fields->person(Fields::PasswordField::required);
    fields->profile();
    read_all(*fields);
    if (auto inner = fields->object("object")) read_all(*inner);
    expect_document(fields->problem());
}

}  // namespace
}  // namespace muster::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = muster::as_text({data, size});
    const auto line = input.substr(0, input.find('\n'));
    const auto body = input.substr(std::min(line.size() + 1, size));
    muster::http::check_target(line, body);
    muster::http::check_body(body);
    return 0;
}
