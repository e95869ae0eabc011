// Rows are copied as asked for, or not at all.
#include <limits>

#include "checks.hpp"
#include "gather_rows.hpp"

using namespace musebench;

namespace {

void test_rows() {
    std::vector<std::byte> table{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}}, out(4);
    constexpr auto last = std::numeric_limits<Index>::max();
    gather_rows(table, 2, std::vector<Index>{1, 0}, out);
    check(out == std::vector{table[2], table[3], table[0], table[1]}, "the rows");
    const auto before = out;
    for (const auto& rows : {std::vector<Index>{0, 2}, {0, -1}, {last, -last - 1}, {0, last}}) {
        check_refused([&] { gather_rows(table, 2, rows, out); }, "out of range");
    }
    check(out == before, "nothing is copied before all rows are checked");
    const std::vector<Index> one{0};
    check_refused([&] { gather_rows(table, 2, one, out); }, "one row per");
    check_refused([&] { gather_rows(table, 0, {}, {}); }, "0 bytes");
    check_refused([&] { gather_rows(table, 2, one, std::span(table).last(2)); }, "share memory");
    check_refused([&] { gather_rows(table, 2, one, std::span(table).subspan(1, 2)); },
                  "share memory");
    gather_rows(std::span(table).first(2), 2, one, std::span(table).last(2));
}

}  // namespace

int main() {
    test_rows();
    std::puts("ok");
}
