// Any bytes are requests or a refusal, and the same ones however they are cut. The first byte says
// into pieces of how many bytes.
#include <algorithm>
#include <string>
#include <vector>

#include "events/bytes.hpp"
#include "http/chunks.hpp"
#include "http/framing.hpp"
#include "tests/fuzz/fuzzing.hpp"

namespace muster::http {
namespace {

// Small, so that inputs reach the bounds.
constexpr std::size_t max_head = 300, max_body = 100;

// Reads as a connection does: a head, its body, the next head.
class Listener {
public:
    void hear(std::string_view piece) {
        rest_ += piece;
        while (refused_ == 0 && (head_ ? read_body() : read_head())) {
        }
    }
    bool heard_as(const Listener& other) const {
        return requests_ == other.requests_ && refused_ == other.refused_ &&
               (refused_ != 0 || rest_ == other.rest_);
    }

private:
    bool refuse(const Refused& refused) { return (refused_ = refused.status) == 0; }

    bool read_head() {
        const auto end = scanner_.find_end(rest_);
        if (!end) return refuse(end.error());
        if (*end == 0) return false;
        auto head = parse_head(rest_.substr(0, *end), max_body);
        if (!head) return refuse(head.error());
        expect(head->request.target.find_first_of({"\r\n\0 ", 4}) == std::string::npos);
        expect(!head->chunked || head->length == 0);
        requests_.push_back(rest_.substr(0, *end) + head->request.target);
        rest_.erase(0, *end);
        head_ = std::move(*head);
        scanner_ = HeadScanner{max_head};
        chunks_ = ChunkReader{max_body};
        return true;
    }

    bool read_body() {
        auto& body = head_->request.body;
        std::expected<std::size_t, Refused> used =
            std::min(head_->length - body.size(), rest_.size());
        if (head_->chunked) {
            used = chunks_.read(rest_, body);
            if (!used) return refuse(used.error());
        } else {
            body.append(rest_, 0, *used);
        }
        expect(body.size() <= max_body && *used <= rest_.size());
        rest_.erase(0, *used);
        if (head_->chunked ? !chunks_.done() : body.size() < head_->length) return false;
        requests_.push_back(std::move(body));
        head_.reset();
        return true;
    }

    std::vector<std::string> requests_;  // A head, its body, the next head.
    std::string rest_;
    int refused_ = 0;
    std::optional<Head> head_;
    HeadScanner scanner_{max_head};
    ChunkReader chunks_{max_body};
};

void check(std::string_view bytes, std::size_t piece) {
    Listener whole, cut;
    whole.hear(bytes);
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
        cut.hear(bytes.substr(0, piece));
    expect(whole.heard_as(cut));
}

}  // namespace
}  // namespace muster::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 0) muster::http::check(muster::as_text({data + 1, size - 1}), data[0] + 1U);
    return 0;
}
