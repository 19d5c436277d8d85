# Dates all files of a package by the last commit (without git by the changelog), so that every build is the same.
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
    execute_process(COMMAND git -C ${CPACK_SYSTRACE_SOURCE} log -1 --format=%ct
        OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(NOT date)
        execute_process(COMMAND dpkg-parsechangelog -l ${CPACK_SYSTRACE_SOURCE}/packaging/debian/changelog -S Timestamp
            OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    endif()
    set(ENV{SOURCE_DATE_EPOCH} ${date})
endif()
