// Any line is a target or none, any bytes behind it are a body or a problem; whatever is wrong with
// them makes a problem document that is JSON, and a body's canonical form is its own.
#include <nlohmann/json.hpp>
#include <string>

#include "events/bytes.hpp"
#include "events/text.hpp"
#include "http/body.hpp"
#include "http/target.hpp"
#include "tests/fuzz/fuzzing.hpp"

namespace muster::http {
namespace {

void expect_document(const std::optional<Problem>& problem) {
    if (!problem) return;
    const auto document = nlohmann::json::parse(to_response(*problem, TraceId{}).body);
    expect(document.at("status") == problem->status && problem->status < 500);
}

void check_target(std::string_view text) {
    auto target = parse_target(text);
    if (!target) return;
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
    muster::http::check_target(line);
    if (line.size() < size) muster::http::check_body(input.substr(line.size() + 1));
    return 0;
}
