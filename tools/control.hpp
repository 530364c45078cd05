// How a command speaks with the server that has a data folder: a Unix domain socket in it,
// DIR/control, which nobody but its owner may open (mode 0600). One request a connection:
//
//   request := "backup\n"
//   answer  := "ok\n" | "error " text "\n" | "busy\n"
//
// After "ok" DIR/frozen has `head`, `log` and `views` as they were at a moment, until the
// connection ends. There is one at a time.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "events/descriptor.hpp"
#include "events/fault.hpp"
#include "events/folder.hpp"

namespace muster::tools {

// The server's end.
class Control {
public:
    // Fills DIR/frozen, which is there and empty. Called on a thread of the control's.
    using Freeze = std::function<std::expected<void, Fault>()>;

    // Whoever has the folder may listen: what an earlier server left behind is removed. The folder
    // outlives it.
    static std::expected<std::unique_ptr<Control>, Fault> listen(const DataFolder& folder,
                                                                 Freeze freeze);
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;
    ~Control();  // Takes away what is frozen, whoever still reads it.

private:
    using Clock = std::chrono::steady_clock;

    Control(const DataFolder& folder, Freeze freeze)
        : folder_(folder), freeze_(std::move(freeze)) {}
    std::expected<void, Fault> open();
    void run();
    void answer(Descriptor caller);
    std::expected<void, Fault> freeze();
    void release();

    const DataFolder& folder_;
    Freeze freeze_;
    Descriptor listener_, stop_;
    Descriptor holder_;  // Who reads what is frozen.
    Clock::time_point held_until_{};
    std::jthread thread_;
};

// The command's end: asks the server to freeze what it has. What is frozen stays while the
// connection is open. Absent where nobody listens; fault in_use where another backup is being made.
std::expected<std::optional<Descriptor>, Fault> ask_to_freeze(const std::filesystem::path& data);

}  // namespace muster::tools
