// Any bytes are a record or a fault. What decodes is written as JSON, and encodes to bytes that
// decode to the same. Inputs grow from the golden records, whose sealed parts open.
#include <nlohmann/json.hpp>

#include "events/json.hpp"
#include "events/tree.hpp"
#include "tests/events/golden.hpp"
#include "tests/events/samples.hpp"
#include "tests/fuzz/fuzzing.hpp"

namespace muster {
namespace {

void check(std::string_view bytes, Keyring& keyring) {
    static_cast<void>(decode(bytes, nullptr));
    const auto record = decode(bytes, &keyring);
    if (!record) return;

    std::string json;
    JsonWriter out{json};
    write_record(out, *record, {record->position, std::string{bytes}, leaf_hash(bytes)});
    expect(nlohmann::json::accept(json));

    const auto envelope = parse_envelope(bytes).value();
    const Circumstances about{record->time, record->actor, record->caller, record->trace};
    const auto again = draft(record->event, about, keyring, envelope.salt);
    if (!again) return;  // Somebody without a key: what was sealed is gone.
    const auto encoded = encode(*again, record->position, record->time, record->streams);
    expect(same(decode(encoded, &keyring).value(), *record));
}

}  // namespace
}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static muster::Vault vault;
    muster::check(muster::as_text({data, size}), vault.keyring);
    return 0;
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
    if (size > 8 && seed % 64 != 0) return LLVMFuzzerMutate(data, size, most);
    const auto hex = muster::golden_records[seed / 64 % muster::golden_records.size()].hex;
    const auto count = std::min(hex.size() / 2, most);
    for (std::size_t n = 0; n < count; ++n)
        data[n] =
            static_cast<std::uint8_t>(std::stoi(std::string{hex.substr(2 * n, 2)}, nullptr, 16));
    return count;
}
