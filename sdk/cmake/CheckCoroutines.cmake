# Before a plugin is built with g++ before 12.3: that compiler lays out the frame of a coroutine wrongly that awaits in the
# condition of an if, while or switch, unless the condition declares a variable (GCC bug 106188); what it makes crashes.
foreach(source IN LISTS SOURCES)
  file(READ ${source} text)
  # Brackets and semicolons mean something to CMake's lists.
  string(REGEX REPLACE "[][;]" " " text "${text}")
  string(REPLACE "\n" ";" lines "${text}")
  set(number 0)
  foreach(line IN LISTS lines)
    math(EXPR number "${number} + 1")
    if(line MATCHES "^[^/\"]*(if|while|switch)[ \t]*\\([ \t!(]*co_await")
      string(APPEND found "\n  ${source}:${number}: ${line}")
    endif()
  endforeach()
endforeach()
if(found)
  message(FATAL_ERROR "g++ before 12.3 makes what crashes of a co_await in a condition; declare a variable there, as in "
    "while (const auto line = co_await …), or before it:${found}")
endif()
file(TOUCH ${OUTPUT})
