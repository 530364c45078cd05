// What the machine could do if there were nothing but the one thing: the yardsticks.
#pragma once

#include <filesystem>
#include <string>

namespace muster::bench {

struct Rate {
    double per_second{};
    double p99_us{};
    double cpu_us{};  // For each.
};

// 300 bytes appended to a file, and each made durable by itself.
Rate fdatasync_loop(const std::filesystem::path& folder, double seconds);

// 64 threads that each hand over 300 bytes and wait, and one that writes all that waits into
// RocksDB, synced.
Rate bare_queue(const std::filesystem::path& folder, double seconds);

// The records of a log, read with nothing but an iterator of RocksDB.
Rate raw_scan(const std::filesystem::path& log);

// What keeping the proof of a record takes, in µs of CPU, over storing the record alone: its hash,
// and the rows of the tree.
double proof_keeping(const std::filesystem::path& folder);

// Argon2id as the server hashes, on two threads.
Rate hashes(double seconds);

}  // namespace muster::bench
