#include "tools/bench/ceilings.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include <sodium.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "events/bytes.hpp"
#include "events/tree.hpp"
#include "handlers/passwords.hpp"
#include "tools/bench/data_set.hpp"
#include "tools/bench/failure.hpp"
#include "tools/bench/histogram.hpp"
#include "tools/bench/load.hpp"

namespace muster::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t record_size = 300;
constexpr unsigned producers = 64;
constexpr double warm_up_s = 0.5;

double seconds_since(Clock::time_point began) {
    return std::chrono::duration<double>(Clock::now() - began).count();
}

void check(const rocksdb::Status& status) {
    if (!status.ok()) throw Failure(status.ToString());
}

// Bytes that do not compress.
std::string some_record() {
    std::string record(record_size, '\0');
    randombytes_buf(record.data(), record.size());
    return record;
}

// Many hand over, one writes. Who handed over waits for the write that has it in.
class Queue {
public:
    explicit Queue(const std::filesystem::path& folder) {
        rocksdb::Options options;
        options.create_if_missing = true;
        options.allow_concurrent_memtable_write = false;
        rocksdb::DB* db = nullptr;
        check(rocksdb::DB::Open(options, folder.native(), &db));
        db_.reset(db);
        writer_ = std::thread{[this] { write(); }};
    }
    ~Queue() {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        filled_.notify_one();
        writer_.join();
    }

    void put(std::string record) {
        std::uint64_t ticket = 0;
        bool wake = false;
        {
            const std::lock_guard lock{mutex_};
            wake = waiting_.empty();
            waiting_.push_back(std::move(record));
            ticket = ++handed_over_;
        }
        if (wake) filled_.notify_one();
        for (auto now = durable_.load(); now < ticket; now = durable_.load())
            durable_.wait(now);
    }

private:
    void write() {
        rocksdb::WriteOptions synced;
        synced.sync = true;
        std::vector<std::string> taken;
        std::unique_lock lock{mutex_};
        while (true) {
            filled_.wait(lock, [this] { return !waiting_.empty() || stopping_; });
            if (waiting_.empty()) return;
            taken.swap(waiting_);
            lock.unlock();
            rocksdb::WriteBatch batch;
            auto number = durable_.load();
            for (const auto& record : taken) {
                auto key = ++number;
                char bytes[8];
                for (int n = 7; n >= 0; --n, key >>= 8)
                    bytes[n] = static_cast<char>(key & 0xff);
                batch.Put({bytes, sizeof bytes}, record);
            }
            if (!db_->Write(synced, &batch).ok()) std::abort();
            taken.clear();
            durable_ = number;
            durable_.notify_all();
            lock.lock();
        }
    }

    std::unique_ptr<rocksdb::DB> db_;
    std::mutex mutex_;
    std::condition_variable filled_;
    std::vector<std::string> waiting_;
    std::uint64_t handed_over_ = 0;
    bool stopping_ = false;
    std::atomic<std::uint64_t> durable_ = 0;
    std::thread writer_;
};

enum class Proof : std::uint8_t { none, kept };

double cpu_of_appending(const std::filesystem::path& place, Proof proof) {
    constexpr std::size_t records = 300'000, batch_size = 64, levels_not_kept = 2;
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    check(rocksdb::DB::Open(options, place.native(), &opened));
    const std::unique_ptr<rocksdb::DB> db{opened};
    const auto record = some_record();
    Frontier frontier;
    const auto cpu = own_cpu_s();
    for (std::size_t n = 0; n < records;) {
        rocksdb::WriteBatch batch;
        for (std::size_t left = batch_size; left > 0; --left, ++n) {
            std::string key = "r", value = record;
            Writer{key}.fixed64(n);
            if (proof == Proof::kept) {
                std::string nodes;
                const auto leaf = leaf_hash(value);
                frontier.append(leaf, [&](unsigned level, std::uint64_t, const Hash& hash) {
                    if (level > levels_not_kept) nodes.append(as_text(hash));
                });
                value.append(as_text(leaf));
                if (!nodes.empty()) batch.Put("t" + key, nodes);
            }
            batch.Put(key, value);
        }
        check(db->Write({}, &batch));
    }
    check(db->Flush({}));
    return (own_cpu_s() - cpu) / records * 1e6;
}

}  // namespace

double proof_keeping(const std::filesystem::path& folder) {
    const TemporaryFolder without{folder, "unproven"}, with{folder, "proven"};
    const auto alone = cpu_of_appending(without.path(), Proof::none);
    return cpu_of_appending(with.path(), Proof::kept) - alone;
}

Rate fdatasync_loop(const std::filesystem::path& folder, double seconds) {
    const TemporaryFolder place{folder, "fdatasync"};
    const auto file = ::open((place.path() / "file").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file < 0) fail_by_errno("open");
    const auto record = some_record();
    const auto began = Clock::now();
    const auto cpu = own_cpu_s();
    Histogram latencies;
    while (seconds_since(began) < seconds) {
        const auto start = Clock::now();
        if (write(file, record.data(), record.size()) < 0 || fdatasync(file) != 0)
            fail_by_errno("fdatasync");
        latencies.add(Clock::now() - start);
    }
    const auto count = static_cast<double>(latencies.total());
    const Rate rate{count / seconds_since(began), latencies.percentile(99),
                    (own_cpu_s() - cpu) / count * 1e6};
    close(file);
    return rate;
}

Rate bare_queue(const std::filesystem::path& folder, double seconds) {
    const TemporaryFolder place{folder, "queue"};
    Queue queue{place.path() / "db"};
    std::atomic<bool> counting = false, over = false;
    std::vector<Histogram> latencies(producers);
    std::vector<std::jthread> threads;
    for (auto& mine : latencies) {
        threads.emplace_back([&] {
            const auto record = some_record();
            while (!over) {
                const auto start = Clock::now();
                queue.put(record);
                if (counting) mine.add(Clock::now() - start);
            }
        });
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(warm_up_s));
    const auto began = Clock::now();
    const auto cpu = own_cpu_s();
    counting = true;
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    counting = false;
    const auto took = seconds_since(began);
    const auto used = own_cpu_s() - cpu;
    over = true;
    threads.clear();
    Histogram all;
    for (const auto& each : latencies)
        all.add(each);
    const auto count = static_cast<double>(all.total());
    return {count / took, all.percentile(99), used / count * 1e6};
}

Rate raw_scan(const std::filesystem::path& log) {
    std::vector<rocksdb::ColumnFamilyHandle*> families;
    rocksdb::DB* opened = nullptr;
    check(rocksdb::DB::OpenForReadOnly(
        rocksdb::DBOptions{}, log.native(),
        {{"default", rocksdb::ColumnFamilyOptions{}}, {"records", rocksdb::ColumnFamilyOptions{}}},
        &families, &opened));
    const std::unique_ptr<rocksdb::DB> db{opened};
    const auto began = Clock::now();
    const auto cpu = own_cpu_s();
    std::uint64_t count = 0, bytes = 0;
    {
        const std::unique_ptr<rocksdb::Iterator> all{
            db->NewIterator(rocksdb::ReadOptions{}, families[1])};
        for (all->SeekToFirst(); all->Valid(); all->Next()) {
            ++count;
            bytes += all->value().size();
        }
        check(all->status());
    }
    const auto took = seconds_since(began);
    const auto used = own_cpu_s() - cpu;
    for (auto* family : families)
        check(db->DestroyColumnFamilyHandle(family));
    if (bytes == 0) throw Failure("there are no records to scan");
    return {static_cast<double>(count) / took, 0, used / static_cast<double>(count) * 1e6};
}

Rate hashes(double seconds) {
    constexpr PasswordPool::Options as_the_server;
    std::atomic<std::uint64_t> count = 0;
    const auto began = Clock::now();
    const auto cpu = own_cpu_s();
    {
        std::vector<std::jthread> threads;
        for (int n = 0; n < 2; ++n) {
            threads.emplace_back([&] {
                char hash[crypto_pwhash_STRBYTES];
                while (seconds_since(began) < seconds) {
                    if (crypto_pwhash_str_alg(hash, DataSet::password.data(),
                                              DataSet::password.size(), as_the_server.operations,
                                              as_the_server.memory,
                                              crypto_pwhash_ALG_ARGON2ID13) != 0)
                        std::abort();
                    ++count;
                }
            });
        }
    }
    const auto done = static_cast<double>(count);
    return {done / seconds_since(began), 0, (own_cpu_s() - cpu) / done * 1e6};
}

}  // namespace muster::bench
