# What `cmake --install` lays down besides the program, where the GNU layout has it.
install(FILES docs/systrace-lib.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES packaging/systrace-lib.bash RENAME systrace-lib
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES packaging/_systrace-lib DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)

# README.md leads to docs/*.md.
file(GLOB pages CONFIGURE_DEPENDS docs/*.md)
install(FILES README.md CONTRIBUTING.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
