#include "http/connection.hpp"

#include <algorithm>
#include <utility>

namespace muster::http {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;
using ConnectionPtr = boost::intrusive_ptr<Connection>;

constexpr Refused too_slow{408, "request.timeout", "The request took too long to arrive."};
constexpr Refused too_many{503, "server.busy", "The server has too much to do at the moment."};
constexpr Refused unanswered{500, "server.fault", "The server failed to answer."};
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

constexpr std::size_t min_input = 4 << 10;
constexpr std::size_t max_input = 64 << 10;
constexpr std::size_t max_kept_scratch = 256 << 10;
constexpr std::size_t min_write_rate = 32 << 10;  // Bytes a second.
constexpr auto leave_timeout = 2s;
constexpr std::size_t max_dropped = 64 << 20;

// The connection whose handler runs on this thread: its answer needs no wake-up.
thread_local Connection* handling_now = nullptr;

// What the batches of this thread have gathered.
struct Gathered {
    int batches = 0;
    std::vector<std::pair<std::shared_ptr<Worker>, Chain>> chains;

    void add(Connection* connection) {
        auto& worker = connection->worker();
        const auto same = [&](const auto& entry) { return entry.first.get() == &worker; };
        auto found = std::ranges::find_if(chains, same);
        if (found == chains.end())
            found = chains.insert(chains.end(), {worker.shared_from_this(), Chain{}});
        found->second.add(connection);
    }
};
thread_local Gathered gathered;

// What goes wrong with one connection (memory, mostly) ends that connection only.
template <class Work>
void guarded(Connection& connection, Work work) {
    try {
        work();
    } catch (...) {
        connection.close();
    }
}

// Assigning an empty text would keep the memory.
void free_memory(std::string& text) { std::string{}.swap(text); }

std::string peer_of(const Socket& socket) {
    error_code error;
    auto address = socket.remote_endpoint(error).address();
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    return address.to_string();
}

}  // namespace

Batch::Batch() { ++gathered.batches; }

Batch::~Batch() {
    if (--gathered.batches > 0) return;
    for (auto& [worker, chain] : gathered.chains)
        worker->hand_in(chain);
    gathered.chains.clear();
}

void Chain::add(Connection* connection) {
    connection->next = newest;
    newest = connection;
    if (!oldest) oldest = connection;
}

// Grows for a client that fills it, up to a point, so that large bodies come in large pieces.
asio::mutable_buffer Input::room() {
    const bool filled = end_ == bytes_.size();
    if (empty()) clear();
    if (filled) {
        bytes_.erase(0, begin_);
        end_ -= std::exchange(begin_, 0);
        const auto more = std::min(2 * bytes_.size(), max_input);
        bytes_.resize(std::max(more, end_ + min_input));
    }
    return {bytes_.data() + end_, bytes_.size() - end_};
}

void Input::rest() {
    if (!empty() || bytes_.size() <= min_input) return;
    clear();
    free_memory(bytes_);
}

Connection::Connection(std::shared_ptr<Worker> home, Socket socket)
    : worker_(std::move(home)),
      socket_(std::move(socket)),
      peer_(peer_of(socket_)),
      scanner_(worker_->edge->options.max_head),
      chunks_(worker_->edge->options.max_body) {}

void Connection::start() {
    error_code error;
    socket_.set_option(Tcp::no_delay(true), error);
    socket_.non_blocking(true, error);
    const auto& edge = *worker_->edge;
    if (edge.connections > edge.options.max_connections) return refuse(too_many);
    enter(State::idle, edge.options.idle_timeout);
    read();
}

void Connection::enter(State state, std::chrono::milliseconds timeout) {
    state_ = state;
    deadline_ = Clock::now() + timeout;
}

void Connection::expire(Clock::time_point now) {
    if (now < deadline_) return;
    if (state_ == State::head || state_ == State::body) return refuse(too_slow);
    close();
}

void Connection::quit() {
    const bool streams = state_ == State::streaming || then_ == Then::stream;
    if (reads() || (streams && state_ != State::handling)) close();
}

void Connection::close() {
    if (state_ == State::closed) return;
    if (state_ != State::handling) abandon();
    state_ = State::closed;
    error_code error;
    socket_.close(error);
    worker_->remove(*this);
}

void Connection::abandon() {
    if (!backlog_) return;
    const std::lock_guard lock{backlog_->mutex};
    backlog_->gone = true;
}

// --- What comes in.

void Connection::read() {
    if (std::exchange(reading_, true)) return;
    socket_.async_read_some(input_.room(),
                            [self = ConnectionPtr{this}](error_code error, std::size_t count) {
                                self->reading_ = false;
                                if (error) return self->lose_reader();
                                guarded(*self, [&] { self->on_read(count); });
                            });
}

// An answer that is being written may still reach a client that sends no more.
void Connection::lose_reader() {
    if (state_ != State::writing || then_ == Then::stream) close();
}

void Connection::on_read(std::size_t count) {
    input_.came(count);
    reads() ? advance() : drop_input();
}

void Connection::drop_input() {
    dropped_ += input_.view().size();
    input_.clear();
    if (state_ == State::leaving && dropped_ > max_dropped) return close();
    if (state_ == State::leaving || then_ == Then::stream) read();
}

void Connection::advance() {
    while (reads())
        if (!(state_ == State::body ? read_body() : read_head())) return;
}

// Like read_body and handle: false when there is nothing to go on with yet.
bool Connection::read_head() {
    if (input_.empty()) return read(), false;
    const auto end = scanner_.find_end(input_.view());
    if (!end) return refuse(end.error()), false;
    if (*end > 0) return take_head(input_.view().substr(0, *end));
    if (state_ == State::idle) enter(State::head, worker_->edge->options.head_timeout);
    return read(), false;
}

bool Connection::take_head(std::string_view bytes) {
    const auto& options = worker_->edge->options;
    auto head = parse_head(bytes, options.max_body);
    if (!head) return refuse(head.error()), false;
    input_.use(bytes.size());
    head_ = std::move(*head);
    const bool omitted = head_.request.method == Method::head;
    frame_ = {.body = omitted ? AnswerFrame::Body::omitted : AnswerFrame::Body::counted,
              .keep_alive = head_.request.keep_alive,
              .http_1_0 = head_.http_1_0};
    if (!head_.chunked && head_.length == 0) return handle();
    chunks_ = ChunkReader{options.max_body};
    enter(State::body, options.body_timeout);
    error_code error;
    if (head_.expects_continue && input_.empty()) socket_.write_some(asio::buffer(go_on), error);
    return true;
}

bool Connection::read_body() {
    auto& body = head_.request.body;
    if (head_.chunked) {
        const auto used = chunks_.read(input_.view(), body);
        if (!used) return refuse(used.error()), false;
        input_.use(*used);
        return chunks_.done() ? handle() : (read(), false);
    }
    const auto piece = input_.view().substr(0, head_.length - body.size());
    body.append(piece);
    input_.use(piece.size());
    return body.size() == head_.length ? handle() : (read(), false);
}

bool Connection::handle() {
    auto& edge = *worker_->edge;
    auto request = std::move(head_.request);
    state_ = State::handling;
    deadline_ = Clock::time_point::max();
    counted_ = true;
    answered_ = false;
    if (edge.in_flight.fetch_add(1) < edge.options.max_in_flight) {
        call_handler(std::move(request));
        if (!answered_) return false;
        leave_inbox();  // It never came there.
    } else {
        answer_ = edge.refuse(too_many);
    }
    write_answer();
    return true;
}

void Connection::call_handler(Request&& request) {
    request.peer = peer_;
    handling_now = this;
    intrusive_ptr_add_ref(this);
    try {
        worker_->edge->handler(std::move(request), Responder{this});
    } catch (...) {  // The Responder, destroyed on the way, has answered 500.
    }
    handling_now = nullptr;
}

// --- What goes out.

void Connection::answer(Response&& response) {
    answer_ = std::move(response);
    hand_in();
}

void Connection::answer_stream(Response&& head) {
    backlog_ = std::make_unique<Backlog>();
    backlog_->chunked = !frame_.http_1_0;
    backlog_->gone = frame_.body == AnswerFrame::Body::omitted;
    const auto body = std::exchange(head.body, {});
    intrusive_ptr_add_ref(this);
    if (!body.empty()) send(body);
    answer(std::move(head));
}

void Connection::hand_in() {
    if (handling_now == this) {
        answered_ = true;
        return intrusive_ptr_release(this);
    }
    if (gathered.batches > 0) return gathered.add(this);
    const auto worker = worker_;  // Once handed in, this may end at any moment.
    Chain chain;
    chain.add(this);
    worker->hand_in(chain);
}

void Connection::take_answer() {
    leave_inbox();
    guarded(*this, [&] {
        if (state_ == State::handling) {
            write_answer();
            advance();
        } else if (state_ == State::streaming) {
            flush_stream();
        } else if (state_ == State::closed) {
            release_count();
            abandon();
        } else if (backlog_ && overrun()) {
            close();
        }
    });
}

void Connection::write_answer() {
    release_count();
    if (answer_.status == 0) answer_ = worker_->edge->refuse(unanswered);
    const auto frame = frame_answer();
    const auto response = std::move(answer_);
    auto& bytes = worker_->scratch;
    bytes.clear();
    append_answer(bytes, response, frame);
    then_ = frame.keep_alive ? Then::read : backlog_ ? Then::stream : Then::leave;
    if (write(bytes)) after_write();
    if (bytes.capacity() > max_kept_scratch) free_memory(bytes);
}

AnswerFrame Connection::frame_answer() const {
    auto frame = frame_;
    frame.keep_alive &= !answer_.close && !worker_->stopping && !backlog_;
    if (backlog_)
        frame.body =
            backlog_->chunked ? AnswerFrame::Body::chunked : AnswerFrame::Body::until_close;
    return frame;
}

void Connection::release_count() {
    if (std::exchange(counted_, false)) --worker_->edge->in_flight;
}

// True: the socket took it all at once, as it nearly always does. False: after_write() follows.
bool Connection::write(std::string& bytes) {
    error_code error;
    written_ = socket_.write_some(asio::buffer(bytes), error);
    if (error && error != asio::error::would_block) return close(), false;
    if (written_ == bytes.size()) return true;
    rest_ = std::move(bytes);
    const std::chrono::seconds by_size{rest_.size() / min_write_rate};
    enter(State::writing, worker_->edge->options.write_timeout + by_size);
    write_rest();
    return false;
}

void Connection::write_rest() {
    socket_.async_write_some(asio::buffer(rest_) + written_,
                             [self = ConnectionPtr{this}](error_code error, std::size_t count) {
                                 if (error) return self->close();
                                 guarded(*self, [&] { self->on_written(count); });
                             });
}

void Connection::on_written(std::size_t count) {
    written_ += count;
    if (written_ < rest_.size()) return write_rest();
    free_memory(rest_);
    after_write();
    advance();
}

void Connection::after_write() {
    if (then_ == Then::stream) return start_stream();
    if (then_ == Then::leave || worker_->stopping) return leave();
    const auto& options = worker_->edge->options;
    scanner_ = HeadScanner{options.max_head};
    input_.rest();
    enter(State::idle, options.idle_timeout);
}

void Connection::refuse(const Refused& refused) {
    answer_ = worker_->edge->refuse(refused);
    frame_ = {.keep_alive = false};
    write_answer();
}

// Closing at once would take the answer away from a client that is still sending.
void Connection::leave() {
    error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    if (error || (worker_->stopping && input_.empty() && !reading_)) return close();
    enter(State::leaving, leave_timeout);
    if (reading_) return;
    input_.clear();
    read();
}

// --- Streams.

void Connection::start_stream() {
    read();  // Only to notice that the client goes.
    flush_stream();
}

void Connection::flush_stream() {
    state_ = State::streaming;
    deadline_ = Clock::time_point::max();
    std::string bytes;
    while (take_backlog(bytes))
        if (!write(bytes)) return;
}

bool Connection::overrun() const {
    const std::lock_guard lock{backlog_->mutex};
    return backlog_->gone;
}

bool Connection::take_backlog(std::string& bytes) {
    std::unique_lock lock{backlog_->mutex};
    bytes = std::exchange(backlog_->waiting, {});
    backlog_->leaving = bytes.size();
    if (!bytes.empty() && !backlog_->gone) return true;
    const bool gone = backlog_->gone;
    const bool over = gone || backlog_->ended;
    lock.unlock();
    if (over) gone ? close() : leave();
    return false;
}

bool Connection::send(std::string_view piece) {
    std::unique_lock lock{backlog_->mutex};
    if (backlog_->gone) return false;
    if (piece.empty()) return true;
    backlog_->chunked ? append_chunk(backlog_->waiting, piece)
                      : void(backlog_->waiting.append(piece));
    const auto& options = worker_->edge->options;
    backlog_->gone = backlog_->waiting.size() + backlog_->leaving > options.max_backlog;
    const bool sent = !backlog_->gone;
    hand_in_stream(lock);
    return sent;
}

std::size_t Connection::waiting() {
    const std::lock_guard lock{backlog_->mutex};
    return backlog_->gone ? 0 : backlog_->waiting.size() + backlog_->leaving;
}

void Connection::end_stream() {
    std::unique_lock lock{backlog_->mutex};
    backlog_->ended = true;
    if (backlog_->chunked) backlog_->waiting.append("0\r\n\r\n");
    hand_in_stream(lock);
    intrusive_ptr_release(this);
}

// One place in the inbox is all that a connection has: who is there is not handed in again, though
// what it sends may leave before it is taken out, with the end of a write.
void Connection::leave_inbox() {
    if (!backlog_) return;
    const std::lock_guard lock{backlog_->mutex};
    backlog_->handed_in = false;
}

void Connection::hand_in_stream(std::unique_lock<std::mutex>& lock) {
    if (std::exchange(backlog_->handed_in, true)) return lock.unlock();
    lock.unlock();
    intrusive_ptr_add_ref(this);
    hand_in();
}

}  // namespace muster::http
