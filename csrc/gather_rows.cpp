#include "gather_rows.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>

namespace musebench {

void gather_rows(std::span<const std::byte> table, std::size_t row_size, std::span<const Index> row,
                 std::span<std::byte> out) {
    if (row_size == 0) {
        throw std::invalid_argument("the rows of table have 0 bytes; there is nothing to gather.");
    }
    if (out.size() % row_size != 0 || out.size() / row_size != row.size()) {
        throw std::invalid_argument(
            "out must have one row per gathered row, of the same size.");
    }
    const std::less<const std::byte*> before;
    if (!out.empty() && before(out.data(), table.data() + table.size()) &&
        before(table.data(), out.data() + out.size())) {
        throw std::invalid_argument("out must not share memory with table.");
    }
    const auto num_rows = static_cast<Index>(table.size() / row_size);
    if (std::ranges::any_of(row, [&](Index r) { return r < 0 || r >= num_rows; })) {
        throw std::invalid_argument("a row is out of range; the table has " +
                                    std::to_string(num_rows) + " rows.");
    }
    auto* next = out.data();
    for (std::size_t begin = 0, end; begin < row.size(); begin = end) {
        for (end = begin + 1; end < row.size() && row[end] == row[end - 1] + 1;) {
            ++end;
        }
        const auto num_bytes = (end - begin) * row_size;
        std::memcpy(next, table.data() + static_cast<std::size_t>(row[begin]) * row_size,
                    num_bytes);
        next += num_bytes;
    }
}

}  // namespace musebench
