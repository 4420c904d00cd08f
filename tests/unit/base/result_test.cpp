#include "base/result.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>

namespace hawser::host {
namespace {

Result<int> half(int number)
{
    if (number % 2 != 0) return Error{Status::BadConfig, "expected an even number"};
    return number / 2;
}

Result<void> accept(bool good)
{
    if (!good) return Error{Status::Usage, "no"};
    return {};
}

TEST(Result, HoldsItsValue)
{
    const auto result = half(4);
    ASSERT_TRUE(result.ok());
    EXPECT_TRUE(result);
    EXPECT_EQ(*result, 2);
}

TEST(Result, HoldsItsErrorWithTheStatus)
{
    const auto result = half(3);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().status, Status::BadConfig);
    EXPECT_EQ(result.error().text, "expected an even number");
}

TEST(Result, GivesUpAValueThatCanOnlyBeMoved)
{
    Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
    const std::unique_ptr<int> value = std::move(result).value();
    EXPECT_EQ(*value, 7);
}

TEST(ResultOfVoid, IsGoodOrHoldsAnError)
{
    EXPECT_TRUE(accept(true));
    const auto refused = accept(false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, Status::Usage);
}

TEST(SystemError, SaysWhatFailedAndWhy)
{
    const Error error = system_error("listening on 127.0.0.1:80", EADDRINUSE);
    EXPECT_EQ(error.text, "listening on 127.0.0.1:80: Address already in use");
    EXPECT_EQ(error.status, Status::System);
}

TEST(SystemError, OfARefusedPermissionIsNotPermitted)
{
    EXPECT_EQ(system_error("x", EACCES).status, Status::NotPermitted);
    EXPECT_EQ(system_error("x", EPERM).status, Status::NotPermitted);
}

TEST(SystemError, OfACodeThatDoesNotExistStillHasAText)
{
    EXPECT_EQ(system_error("x", 99999).text, "x: Unknown error 99999");
}

} // namespace
} // namespace hawser::host
