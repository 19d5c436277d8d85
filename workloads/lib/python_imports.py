# Imports every module of the standard library, but those with a window, of another system, or of a package of its own.
import importlib
import sys
import warnings

NOT = {'antigravity', 'this', 'idlelib', 'turtledemo', 'lib2to3', 'tkinter', 'turtle', 'distutils', 'ensurepip', 'venv',
       'msilib', 'winreg', 'winsound', 'msvcrt', 'nt', 'nturl2path', '_winapi'}

warnings.simplefilter('ignore')
imported = 0
for name in sorted(sys.stdlib_module_names - NOT):
    if not name.startswith('__'):
        try:
            importlib.import_module(name)
            imported += 1
        except ImportError:
            pass  # of another system
print('enough' if imported > 230 else f'only {imported}')
