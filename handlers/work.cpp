#include "handlers/work.hpp"

#include <algorithm>

namespace muster {
namespace {

// Large enough that a remote log is seldom asked; what a process leaves unused is lost there, and
// free again in RocksDB.
constexpr std::uint64_t block_size = 64;

}  // namespace

std::expected<std::uint64_t, Fault> Ids::next(Sequence sequence) {
    auto& block = blocks_[sequence];
    if (block.next == block.end) {
        const auto first = log_.draw(sequence, block_size);
        if (!first) return std::unexpected(first.error());
        block = {*first, *first + block_size};
    }
    return block.next++;
}

void Ids::give_back(const std::vector<Drawn>& drawn) {
    for (auto each = drawn.rbegin(); each != drawn.rend(); ++each) {
        auto& block = blocks_[each->sequence];
        if (each->last + 1 == block.next) --block.next;
    }
}

Actor Work::actor() const {
    if (actor_) return *actor_;
    switch (caller_.kind) {
        case Caller::Kind::user:
            if (caller_.acting)  // Rule L11.
                return {ActorKind::admin, caller_.acting.number, caller_.user};
            return {ActorKind::user, caller_.user.number, {}};
        case Caller::Kind::admin:
            return {ActorKind::admin, caller_.admin.number, {}};
        case Caller::Kind::api_key:
            return {ActorKind::api_key, caller_.api_key.number, {}};
        case Caller::Kind::anonymous:
        case Caller::Kind::system:
            break;
    }
    return {};
}

std::uint64_t Work::version(const StreamId& stream) {
    reads_.push_back({stream, states_.version(stream)});
    return reads_.back().version;
}

void Work::keep_secret(SecretKind kind, std::uint64_t number, std::string_view secret) {
    const auto place = vault_key(kind, number);
    vault_.push_back({place, keys_.seal_secret(place, secret)});
}

void Work::erase_secret(SecretKind kind, std::uint64_t number) {
    vault_.push_back({vault_key(kind, number), std::nullopt});
}

std::uint64_t Work::draw(Sequence sequence) {
    const auto number = ids_.next(sequence);
    if (!number) {
        fault_ = number.error();
        return 0;
    }
    drawn_.push_back({sequence, *number});
    return *number;
}

}  // namespace muster
