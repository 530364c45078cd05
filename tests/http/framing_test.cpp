#include "http/framing.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <mutex>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "http/answer_frame.hpp"
#include "http/chunks.hpp"
#include "http/server.hpp"
#include "http/target.hpp"
#include "tests/http/raw_client.hpp"

namespace muster::http::framing_test {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr std::size_t mebibyte = 1 << 20;
const std::string host = "Host: muster.example\r\n";

std::string get(const std::string& fields) { return "GET / HTTP/1.1\r\n" + fields + "\r\n"; }

std::string post(const std::string& fields, const std::string& body) {
    return "POST / HTTP/1.1\r\n" + host + fields + "\r\n" + body;
}

std::string chunked(const std::string& body) {
    return post("Transfer-Encoding: chunked\r\n", body);
}

// --- Requests that must be refused, each by itself, over a socket.

struct Hostile {
    std::string name;
    int status;
    std::string bytes;
};

void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.name; }

const std::vector<Hostile> hostile_heads{
    {"BothLengths", 400, post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
    {"BothLengthsInTheOtherOrder", 400,
     post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n")},
    {"TwoLengths", 400, post("Content-Length: 3\r\nContent-Length: 4\r\n", "abc")},
    {"TwoEqualLengths", 400, post("Content-Length: 3\r\ncontent-length: 3\r\n", "abc")},
    {"AListOfLengths", 400, post("Content-Length: 3, 3\r\n", "abc")},
    {"AListOfLengthsWithoutBlank", 400, post("Content-Length: 5,5\r\n", "abcde")},
    {"ALengthWithPlus", 400, post("Content-Length: +5\r\n", "abcde")},
    {"ALengthWithMinus", 400, post("Content-Length: -5\r\n", "")},
    {"AHexLength", 400, post("Content-Length: 0x5\r\n", "abcde")},
    {"ALengthInWords", 400, post("Content-Length: five\r\n", "abcde")},
    {"AnEmptyLength", 400, post("Content-Length: \r\n", "")},
    {"ALengthWithABlankInside", 400, post("Content-Length: 1 0\r\n", "0123456789")},
    {"AnOverflowingLength", 400, post("Content-Length: 18446744073709551617\r\n", "a")},
    {"GzipAndChunked", 400, post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")},
    {"ChunkedAndGzip", 400, post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n")},
    {"ChunkedTwice", 400, post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")},
    {"Identity", 400, post("Transfer-Encoding: identity\r\n", "")},
    {"AnEmptyCoding", 400, post("Transfer-Encoding:\r\n", "")},
    {"ChunkedWithParameters", 400, post("Transfer-Encoding: chunked;a=b\r\n", "0\r\n\r\n")},
    {"ChunkedInQuotes", 400, post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n")},
    {"ChunkedWithVerticalTab", 400, post("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n")},
    {"AnUnknownCoding", 400, post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")},
    {"TwoCodingLines", 400,
     post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
    {"TwoDifferentCodingLines", 400,
     post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n")},
    {"ChunkedOnHttp10", 400,
     "POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {"ABlankBeforeTheColon", 400, post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")},
    {"ATabBeforeTheColon", 400, post("Content-Length\t: 3\r\n", "abc")},
    {"ABareLineFeed", 400, "GET / HTTP/1.1\nHost: muster.example\n\n"},
    {"ABareLineFeedInside", 400, get(host + "X: a\nContent-Length: 3\r\n")},
    {"ABareLineFeedAtTheEnd", 400, "GET / HTTP/1.1\r\n" + host + "\n"},
    {"ABareCarriageReturn", 400, get(host + "X: a\rContent-Length: 3\r\n")},
    {"ABareCarriageReturnInTheRequestLine", 400, "GET /\r HTTP/1.1\r\n" + host + "\r\n"},
    {"ANulInAValue", 400, get(host + "X: a\0b\r\n"s)},
    {"ANulInAName", 400, get(host + "X\0: a\r\n"s)},
    {"ANulInTheTarget", 400, "GET /\0 HTTP/1.1\r\n"s + host + "\r\n"},
    {"AControlByteInAValue", 400, get(host + "X: a\x01\r\n")},
    {"ADeleteInAValue", 400, get(host + "X: a\x7f\r\n")},
    {"AFoldedLine", 400, get(host + "X: a\r\n b\r\n")},
    {"AFoldedLineWithTab", 400, get(host + "X: a\r\n\tb\r\n")},
    {"AFoldedFirstLine", 400, get(" " + host)},
    {"ANamelessField", 400, get(host + ": a\r\n")},
    {"AFieldWithoutColon", 400, get(host + "Nothing\r\n")},
    {"AByteAbove127InAName", 400, get(host + "X\xff: a\r\n")},
    {"NoHost", 400, get("")},
    {"TwoHosts", 400, get(host + host)},
    {"AnEmptyHost", 400, get("Host:\r\n")},
    {"AHostWithAPath", 400, get("Host: a/b\r\n")},
    {"AHostWithAUser", 400, get("Host: ada@muster.example\r\n")},
    {"AHostWithABlank", 400, get("Host: a b\r\n")},
    {"AHostOfTwo", 400, get("Host: a,b\r\n")},
    {"AHostWithTwoPorts", 400, get("Host: a:80:80\r\n")},
    {"AHostWithAWordAsPort", 400, get("Host: a:http\r\n")},
    {"AHostWithAnOpenBracket", 400, get("Host: [::1\r\n")},
    {"TwoHostsOnHttp10", 400, "GET / HTTP/1.0\r\n" + host + host + "\r\n"},
    {"TwoAuthorizations", 400, get(host + "Authorization: Bearer a\r\nauthorization: b\r\n")},
    {"NoVersion", 400, "GET /\r\n\r\n"},
    {"ALowerCaseVersion", 400, "GET / http/1.1\r\n" + host + "\r\n"},
    {"ALongVersion", 400, "GET / HTTP/1.10\r\n" + host + "\r\n"},
    {"AVersionToCome", 505, "GET / HTTP/2.0\r\n" + host + "\r\n"},
    {"TheHttp2Preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    {"TwoBlanksAfterTheMethod", 400, "GET  / HTTP/1.1\r\n" + host + "\r\n"},
    {"TwoBlanksBeforeTheVersion", 400, "GET /  HTTP/1.1\r\n" + host + "\r\n"},
    {"ABlankInTheTarget", 400, "GET /a b HTTP/1.1\r\n" + host + "\r\n"},
    {"ABlankAfterTheVersion", 400, "GET / HTTP/1.1 \r\n" + host + "\r\n"},
    {"ATabInTheRequestLine", 400, "GET\t/\tHTTP/1.1\r\n" + host + "\r\n"},
    {"AMethodThatIsNoToken", 400, "GE(T / HTTP/1.1\r\n" + host + "\r\n"},
    {"AFragmentInTheTarget", 400, "GET /#a HTTP/1.1\r\n" + host + "\r\n"},
    {"ATargetWithoutSlash", 400, "GET index HTTP/1.1\r\n" + host + "\r\n"},
    {"AStarWithGet", 400, "GET * HTTP/1.1\r\n" + host + "\r\n"},
    {"ATunnel", 400, "CONNECT muster.example:443 HTTP/1.1\r\n" + host + "\r\n"},
    {"AnotherHostInTheTarget", 400, "GET http://evil.example/ HTTP/1.1\r\n" + host + "\r\n"},
    {"AnotherSchemeInTheTarget", 400, "GET file:///etc/passwd HTTP/1.1\r\n" + host + "\r\n"},
    {"AnUnknownExpectation", 417, post("Expect: 200-ok\r\nContent-Length: 1\r\n", "a")},
    {"TwoEmptyLinesFirst", 400, "\r\n\r\n" + get(host)},
    {"ATlsGreeting", 400, "\x16\x03\x01\x02\x00\x01"s},
};

const std::vector<Hostile> hostile_bodies{
    {"NoChunkSize", 400, chunked("\r\nabc\r\n0\r\n\r\n")},
    {"AChunkSizeInWords", 400, chunked("xyz\r\nabc\r\n0\r\n\r\n")},
    {"ANegativeChunkSize", 400, chunked("-1\r\nabc\r\n0\r\n\r\n")},
    {"AChunkSizeWithPlus", 400, chunked("+3\r\nabc\r\n0\r\n\r\n")},
    {"AChunkSizeWith0x", 400, chunked("0x3\r\nabc\r\n0\r\n\r\n")},
    {"AnOverflowingChunkSize", 400, chunked("10000000000000003\r\nabc\r\n0\r\n\r\n")},
    {"AChunkSizeOfManyZeros", 400, chunked("00000000000000003\r\nabc\r\n0\r\n\r\n")},
    {"ABlankBeforeTheChunkSize", 400, chunked(" 3\r\nabc\r\n0\r\n\r\n")},
    {"ABlankAfterTheChunkSize", 400, chunked("3 \r\nabc\r\n0\r\n\r\n")},
    {"ABareLineFeedAfterTheChunkSize", 400, chunked("3\nabc\r\n0\r\n\r\n")},
    {"ABareCarriageReturnInAnExtension", 400, chunked("3;a\rb\r\nabc\r\n0\r\n\r\n")},
    {"ANulInAnExtension", 400, chunked("3;a\0b\r\nabc\r\n0\r\n\r\n"s)},
    {"AQuoteInAnExtension", 400, chunked("3;a=\"b\r\nabc\r\n0\r\n\r\n")},
    {"ABlankInAnExtension", 400, chunked("3; a\r\nabc\r\n0\r\n\r\n")},
    {"ALongExtension", 400, chunked("3;" + std::string(300, 'a') + "\r\nabc\r\n0\r\n\r\n")},
    {"AnEndlessExtension", 400, chunked("3;" + std::string(9000, 'a'))},
    {"AChunkLongerThanItsSize", 400, chunked("3\r\nabcd\r\n0\r\n\r\n")},
    {"AChunkEndingWithLineFeed", 400, chunked("3\r\nabc\n0\r\n\r\n")},
    {"AChunkThatIsTooLarge", 413, chunked("100001\r\nabc")},
    {"AChunkOfTheLargestSize", 413, chunked("ffffffffffffffff\r\nabc")},
    {"AMalformedTrailer", 400, chunked("0\r\nno field\r\n\r\n")},
    {"AFoldedTrailer", 400, chunked("0\r\nX: a\r\n b\r\n\r\n")},
    {"ANulInATrailer", 400, chunked("0\r\nX: \0\r\n\r\n"s)},
    {"ABareLineFeedInATrailer", 400, chunked("0\r\nX: a\nY: b\r\n\r\n")},
    {"ALongTrailer", 400, chunked("0\r\nX: " + std::string(5000, 'a') + "\r\n\r\n")},
    {"AnEnormousTrailer", 400, chunked("0\r\nX: " + std::string(70'000, 'a') + "\r\n\r\n")},
    {"AnAnnouncedLargeBody", 413, post("Content-Length: 1048577\r\n", "a")},
    {"AnAnnouncedHugeBody", 413, post("Content-Length: 18446744073709551615\r\n", "a")},
    {"ALongHead", 431, get(host + "X: " + std::string(17'000, 'a') + "\r\n")},
    {"AnEndlessHead", 431, "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'a')},
    {"AnEndlessTarget", 431, "GET /" + std::string(20'000, 'a')},
    {"TooManyFields", 431,
     [] {
         auto fields = host;
         for (int i = 0; i < 101; ++i)
             fields += "X: a\r\n";
         return get(fields);
     }()},
};

std::string_view code_of(int status) {
    switch (status) {
        case 413:
            return "request.too_large";
        case 417:
            return "request.expectation";
        case 431:
            return "request.header_too_large";
        case 505:
            return "request.version";
        default:
            return "request.malformed";
    }
}

// Whatever is behind a request that cannot be read is not a request either.
class Refused : public testing::TestWithParam<Hostile> {
protected:
    std::mutex mutex_;
    std::vector<std::string> seen_;
    std::unique_ptr<Server> server_ =
        Server::listen(
            {.threads = 1},
            [this](Request&& request, Responder respond) {
                const std::lock_guard lock{mutex_};
                seen_.push_back(request.target);
                respond({.body = request.target});
            },
            [](int status, std::string_view code, std::string_view) {
                return Response{.status = status, .body = std::string{code}};
            })
            .value();
};

TEST_P(Refused, AndNothingBehindItIsRead) {
    RawClient eve{server_->port()};
    eve.send(GetParam().bytes + "GET /smuggled HTTP/1.1\r\n" + host + "\r\n");
    const auto answer = eve.receive();
    EXPECT_EQ(answer.status, GetParam().status) << answer.head << answer.body;
    EXPECT_EQ(answer.body, code_of(GetParam().status));
    EXPECT_TRUE(answer.head.contains("Connection: close\r\n"));
    EXPECT_EQ(eve.receive_all(), "");
    EXPECT_TRUE(eve.ended());
    const std::lock_guard lock{mutex_};
    EXPECT_TRUE(seen_.empty()) << seen_.front();
}

const auto name_of = [](const auto& test) { return test.param.name; };
INSTANTIATE_TEST_SUITE_P(Heads, Refused, testing::ValuesIn(hostile_heads), name_of);
INSTANTIATE_TEST_SUITE_P(Bodies, Refused, testing::ValuesIn(hostile_bodies), name_of);

// --- The pure functions.

TEST(HeadScanner, FindsTheEndOfAHeadThatArrivesByteByByte) {
    const auto head = get(host);
    const auto bytes = head + "GET /next";
    HeadScanner scanner{1024};
    for (std::size_t count = 1; count < head.size(); ++count)
        EXPECT_EQ(scanner.find_end(bytes.substr(0, count)), 0U) << count;
    EXPECT_EQ(scanner.find_end(bytes), head.size());
}

TEST(HeadScanner, ForgivesOneEmptyLineBeforeARequest) {
    EXPECT_EQ(HeadScanner{1024}.find_end("\r\n" + get(host)), 2 + get(host).size());
    EXPECT_TRUE(parse_head("\r\n" + get(host), mebibyte));
}

TEST(HeadScanner, RefusesAHeadOfOneByteTooMany) {
    const auto head = get(host);
    EXPECT_EQ(HeadScanner{head.size()}.find_end(head), head.size());
    EXPECT_EQ(HeadScanner{head.size() - 1}.find_end(head).error().status, 431);
}

TEST(HeadScanner, RefusesTheSameHoweverTheBytesAreCut) {
    const auto head = "GET / HTTP/1.1\r\n" + host + "X: " + std::string(40, 'a') + "\n\r\n";
    const auto most = head.size() - 10;  // The bare LF stands behind the bound.
    HeadScanner scanner{most};
    for (std::size_t count = 1; count < most; ++count)
        ASSERT_EQ(scanner.find_end(head.substr(0, count)), 0U) << count;
    EXPECT_EQ(scanner.find_end(head).error().status, 431);
    EXPECT_EQ(HeadScanner{most}.find_end(head).error().status, 431);
}

TEST(ParseTarget, TakesNoNul) {
    EXPECT_TRUE(parse_target("/a/b"));
    EXPECT_FALSE(parse_target("/a/\0b"sv));
    EXPECT_FALSE(parse_target("/a/%00b"));
}

TEST(ParseHead, ReadsARequest) {
    const auto head = parse_head(
        "PATCH /v1/users/7?a=b HTTP/1.1\r\nHost: [::1]:8080\r\nX-Name: \t two words \r\nempty:\r\n"
        "\r\n",
        mebibyte);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->request.method, Method::patch);
    EXPECT_EQ(head->request.method_text, "PATCH");
    EXPECT_EQ(head->request.target, "/v1/users/7?a=b");
    EXPECT_EQ(head->request.headers.size(), 3U);
    EXPECT_EQ(head->request.headers.find("HOST"), "[::1]:8080");
    EXPECT_EQ(head->request.headers.find("x-name"), "two words");
    EXPECT_EQ(head->request.headers.find("Empty"), "");
    EXPECT_EQ(head->request.headers.find("absent"), std::nullopt);
    EXPECT_TRUE(head->request.keep_alive);
    EXPECT_EQ(head->length, 0U);
    EXPECT_FALSE(head->chunked);
}

TEST(ParseHead, KnowsWhetherTheConnectionStays) {
    const auto stays = [](const std::string& version, const std::string& connection) {
        const auto bytes = "GET / HTTP/" + version + "\r\n" + host + connection + "\r\n";
        return parse_head(bytes, mebibyte).value().request.keep_alive;
    };
    EXPECT_TRUE(stays("1.1", ""));
    EXPECT_FALSE(stays("1.1", "Connection: close\r\n"));
    EXPECT_FALSE(stays("1.1", "Connection: keep-alive, Close\r\n"));
    EXPECT_FALSE(stays("1.0", ""));
    EXPECT_TRUE(stays("1.0", "Connection: Keep-Alive\r\n"));
}

TEST(ParseHead, TakesTheCodingChunkedInAnyCase) {
    const auto head = parse_head(post("Transfer-Encoding: Chunked\r\n", ""), mebibyte);
    ASSERT_TRUE(head);
    EXPECT_TRUE(head->chunked);
}

TEST(ParseHead, TakesABodyOfExactlyTheLargestSize) {
    const auto of = [](const std::string& length) {
        return parse_head(post("Content-Length: " + length + "\r\n", ""), mebibyte);
    };
    EXPECT_EQ(of("1048576").value().length, mebibyte);
    EXPECT_EQ(of("0001048576").value().length, mebibyte);
    EXPECT_EQ(of("1048577").error().status, 413);
}

TEST(ParseHead, ReducesAProxysTargetToItsPath) {
    const auto target = [](const std::string& text) {
        const auto bytes = "GET " + text + " HTTP/1.1\r\nHost: Muster.example\r\n\r\n";
        return parse_head(bytes, mebibyte).value().request.target;
    };
    EXPECT_EQ(target("http://muster.example/v1?a=b"), "/v1?a=b");
    EXPECT_EQ(target("HTTPS://muster.example"), "/");
    EXPECT_EQ(target("http://muster.example?a=b"), "/?a=b");
}

TEST(ParseHead, NeedsNoHostOnHttp10) {
    EXPECT_TRUE(parse_head("GET / HTTP/1.0\r\n\r\n", mebibyte));
}

TEST(ParseHead, MeetsAnExpectationOnlyWhereABodyFollows) {
    const auto expects = [](const std::string& fields) {
        return parse_head(post(fields, ""), mebibyte).value().expects_continue;
    };
    EXPECT_TRUE(expects("Expect: 100-Continue\r\nContent-Length: 1\r\n"));
    EXPECT_FALSE(expects("Expect: 100-continue\r\nContent-Length: 0\r\n"));
}

TEST(ChunkReader, ReadsABodyHoweverItIsCut) {
    const auto bytes = "3\r\nabc\r\n00A;n=v\r\n0123456789\r\n0\r\nX: y\r\n\r\n"s;
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        ChunkReader reader{13};
        std::string body;
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            const auto piece = std::string_view{bytes}.substr(at, step);
            EXPECT_EQ(reader.read(piece, body), piece.size());
        }
        EXPECT_TRUE(reader.done());
        EXPECT_EQ(body, "abc0123456789");
    }
}

TEST(ChunkReader, LeavesWhatIsBehindTheBody) {
    ChunkReader reader{mebibyte};
    std::string body;
    EXPECT_EQ(reader.read("1\r\na\r\n0\r\n\r\nGET /", body), 11U);
    EXPECT_TRUE(reader.done());
}

TEST(ChunkReader, RefusesABodyOfOneByteTooMany) {
    ChunkReader reader{3};
    std::string body;
    EXPECT_EQ(reader.read("2\r\nab\r\n2\r\n", body).error().status, 413);
}

TEST(ChunkReader, BoundsTheExtensionsOfAllChunksTogether) {
    ChunkReader reader{mebibyte};
    std::string body;
    const auto chunk = "1;" + std::string(200, 'x') + "\r\na\r\n";
    int taken = 0;
    while (reader.read(chunk, body) && taken < 1000)
        ++taken;
    EXPECT_EQ(taken, 20);
}

TEST(AppendAnswer, LetsNoValueBeginAHeader) {
    std::string bytes;
    append_answer(bytes, {.headers = {{"Location", "/\r\nSet-Cookie: a=b"}, {"X", "y"}}}, {});
    EXPECT_EQ(bytes, "HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 0\r\n\r\n");
}

TEST(AppendAnswer, SendsNoBodyWhereNoneMayBe) {
    const auto bytes = [](const Response& response, AnswerFrame frame) {
        std::string out;
        append_answer(out, response, frame);
        return out;
    };
    EXPECT_EQ(bytes({.status = 204}, {}), "HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_EQ(bytes({.status = 304, .body = "a"}, {}), "HTTP/1.1 304 Not Modified\r\n\r\n");
    EXPECT_EQ(bytes({.body = "abc"}, {.body = AnswerFrame::Body::omitted}),
              "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
}

// Any bytes are read or refused, and what is read holds no byte that a head may not hold.
TEST(Framing, ReadsDamagedRequestsWithoutHarm) {
    constexpr unsigned seed = 20'250'101;
    std::mt19937 random{seed};
    std::vector<Hostile> samples = hostile_heads;
    samples.insert(samples.end(), hostile_bodies.begin(), hostile_bodies.end());
    for (int round = 0; round < 20'000; ++round) {
        auto bytes = samples[random() % samples.size()].bytes.substr(0, 400);
        for (auto changes = random() % 4; changes > 0; --changes)
            bytes[random() % bytes.size()] = "\r\n :;,\t\0aA0/-+"[random() % 14];
        const auto end = HeadScanner{300}.find_end(bytes);
        if (!end || *end == 0) continue;
        const auto head = parse_head(std::string_view{bytes}.substr(0, *end), mebibyte);
        if (!head) continue;
        EXPECT_EQ(head->request.target.find_first_of("\r\n\0 "sv), std::string::npos);
        EXPECT_FALSE(head->chunked && head->length > 0);
        std::string body;
        ChunkReader reader{mebibyte};
        const auto used = reader.read(std::string_view{bytes}.substr(*end), body);
        EXPECT_LE(used.value_or(0), bytes.size() - *end);
    }
}

}  // namespace muster::http::framing_test
