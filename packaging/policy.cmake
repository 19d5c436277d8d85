# Makes what was installed for a package what Debian's policy wants: its places, compressed where it says so.
set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
set(doc ${share}/doc/systrace-lib)
set(debian ${CPACK_SYSTRACE_SOURCE}/packaging/debian)

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(MAKE_DIRECTORY ${share}/zsh)
file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)
file(REMOVE ${doc}/LICENSE) # copyright has it
file(COPY ${debian}/copyright ${debian}/changelog DESTINATION ${doc})
run(gzip -9n ${share}/man/man1/systrace-lib.1 ${doc}/changelog)
# git keeps no modes but +x, and a umask may have had its way.
run(chmod -R u=rwX,go=rX ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
run(find ${CPACK_TEMPORARY_INSTALL_DIRECTORY} -exec touch -h -d @$ENV{SOURCE_DATE_EPOCH} {} +)
