"""Kernels: Python functions over arrays, compiled once by numba and kept as machine code.

Importing numba costs more than a second, many times what a funnel over millions of events takes.
So a kernel is compiled by numba once per machine, its object code is stored, and every later
process loads that with llvmlite alone. Calls go through ctypes: they release the GIL, and ranges
of paths run on threads. ``docs/adr/0002-kernels-as-object-code.md`` has the measurements.

A kernel takes C-contiguous one-dimensional arrays and integers, returns an integer, allocates
nothing and raises nothing. It may call functions marked with :func:`inlined`, and
:func:`load_int64` to read from arrays whose number is not known beforehand.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.events import Int64

_SCALARS = {"int64": ctypes.c_int64, "float64": ctypes.c_double}
_ARRAY_FIELDS = (
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_int64,
    ctypes.c_int64,
    ctypes.c_void_p,
    ctypes.c_int64,
    ctypes.c_int64,
)
_LOG = logging.getLogger(__name__)
_COMPILE_LOCK = Lock()
_FORMAT = 1
"""Raised when this module compiles the same kernel to other code."""


class Inlined:
    """A function for use inside kernels; see :func:`inlined`."""

    def __init__(self, function: FunctionType) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    def __call__(self, *args: Any) -> Any:
        """Run the plain Python function."""
        return self.function(*args)


class Kernel:
    """A compiled function; see :func:`kernel`."""

    def __init__(self, function: FunctionType, parameters: tuple[str, ...]) -> None:
        self.function = function
        self.parameters = parameters
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self._call: Callable[..., int] | None = None

    def __call__(self, *args: Any) -> int:
        """Run the machine code, without the GIL."""
        call = self._call or self._load()
        values: list[Any] = [None, None]
        result = ctypes.c_int64()
        values[0] = ctypes.addressof(result)
        # numba's convention: result and error slots first, then each array as seven fields.
        error = ctypes.c_void_p()
        values[1] = ctypes.addressof(error)
        for parameter, value in zip(self.parameters, args, strict=True):
            if parameter.endswith("[]"):
                values += _array_fields(value, parameter)
            else:
                values.append(value)
        call(*values)
        return result.value

    def _load(self) -> Callable[..., int]:
        with _COMPILE_LOCK:
            if self._call is None:
                symbol, code = _stored_code(self)
                kinds: list[Any] = [ctypes.c_void_p, ctypes.c_void_p]
                for parameter in self.parameters:
                    kinds += _ARRAY_FIELDS if parameter.endswith("[]") else [_SCALARS[parameter]]
                prototype = ctypes.CFUNCTYPE(ctypes.c_int32, *kinds)
                self._call = prototype(_link(symbol, code))
        return self._call


def inlined(function: Callable[..., Any]) -> Inlined:
    """Mark a function that kernels may call."""
    assert isinstance(function, FunctionType)
    return Inlined(function)


def kernel(*parameters: str) -> Callable[[Callable[..., Any]], Kernel]:
    """Make a kernel; parameters are ``int64``, ``float64`` or arrays such as ``int64[]``."""

    def decorate(function: Callable[..., Any]) -> Kernel:
        assert isinstance(function, FunctionType)
        return Kernel(function, parameters)

    return decorate


def addresses(arrays: Sequence[Int64]) -> Int64:
    """Return where arrays begin in memory, for :func:`load_int64`. Keep the arrays alive."""
    for array in arrays:
        if array.dtype != np.int64 or not array.flags.c_contiguous:
            raise TypeError(f"a kernel wants int64[], not {array.dtype}")
    return np.array([array.ctypes.data for array in arrays], np.int64)


def load_int64(address: int, index: int) -> int:
    """Return ``array[index]`` of the int64 array that begins at ``address``."""
    return ctypes.c_int64.from_address(int(address + 8 * index)).value


def _array_fields(array: NDArray[Any], parameter: str) -> list[Any]:
    if array.dtype.name != parameter[:-2] or array.ndim != 1 or not array.flags.c_contiguous:
        raise TypeError(f"a kernel wants {parameter}, not {array.dtype}[{array.ndim}d]")
    size = array.itemsize
    return [None, None, array.size, size, array.ctypes.data, array.size, size]


@cache
def _binding() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


_ENGINES: list[Any] = []
"""Own the linked code; each kernel has an engine of its own, so that no names can clash."""


def _link(symbol: str, code: bytes) -> int:
    llvm = _binding()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _ENGINES.append(engine)
    address: int = engine.get_function_address(symbol)
    return address


def _stored_code(target: Kernel) -> tuple[str, bytes]:
    name = f"{target.__name__}-{_fingerprint(target)}.o"
    for folder in _cache_folders():
        try:
            symbol, _, code = (folder / name).read_bytes().partition(b"\n")
            return symbol.decode(), code
        except OSError:
            continue
    _LOG.info("compiling %s for this machine: some seconds, once", target.__name__)
    symbol_name, code = _compile(target)
    _store(name, symbol_name.encode() + b"\n" + code)
    return symbol_name, code


def _cache_folders() -> Iterator[Path]:
    """Yield where code is looked for: the package's own cache, then the user's."""
    yield Path(__file__).parent / "__pycache__"
    from platformdirs import user_cache_path

    yield user_cache_path("suppilo") / "kernels"


def _store(name: str, content: bytes) -> None:
    for folder in _cache_folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=folder)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).replace(folder / name)
        except OSError:
            continue
        return


def _fingerprint(target: Kernel) -> str:
    """Return what the machine code depends on: functions, types, compiler and processor."""
    import llvmlite

    llvm = _binding()
    digest = hashlib.sha256(
        repr(
            (
                _FORMAT,
                sys.version_info[:2],
                llvmlite.__version__,
                llvm.get_host_cpu_name(),
                llvm.get_host_cpu_features().flatten(),
                target.parameters,
            )
        ).encode()
    )
    _add_function(digest, target.function)
    return digest.hexdigest()[:24]


def _add_function(digest: Any, function: FunctionType) -> None:
    code: CodeType = function.__code__
    digest.update(repr((code.co_code, code.co_consts, code.co_names, code.co_varnames)).encode())
    for name in code.co_names:
        value = function.__globals__.get(name)
        if isinstance(value, Inlined):
            _add_function(digest, value.function)
        elif isinstance(value, int):
            digest.update(f"{name}={value}".encode())


def _compile(target: Kernel) -> tuple[str, bytes]:
    import numba

    kinds = {"int64": numba.int64, "float64": numba.float64}
    types = {
        f"{name}[]": getattr(numba, name)[::1]
        for name in ("int64", "int32", "int8", "uint8", "float64")
    } | kinds
    signature = numba.int64(*(types[parameter] for parameter in target.parameters))
    # Without wrappers and reference counts the code needs nothing of numba's at run time.
    options: dict[str, Any] = {
        "nogil": True,
        "error_model": "numpy",
        "boundscheck": False,
        "no_cpython_wrapper": True,
        "no_cfunc_wrapper": True,
        "_nrt": False,
    }
    compiled = numba.njit(signature, **options)(_with_compiled_callees(target.function, options))
    symbol = compiled.overloads[signature.args].fndesc.llvm_func_name
    llvm = _binding()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        jit=True,
    )
    module = llvm.parse_assembly(compiled.inspect_llvm(signature.args))
    return symbol, machine.emit_object(module)


def _with_compiled_callees(function: FunctionType, options: dict[str, Any]) -> FunctionType:
    """Return the function with the inlined functions that it names replaced by numba's."""
    import numba

    names = dict(function.__globals__)
    if names.get("load_int64") is load_int64:
        names["load_int64"] = _load_int64_intrinsic()
    for name in function.__code__.co_names:
        value = names.get(name)
        if isinstance(value, Inlined):
            names[name] = numba.njit(**options)(_with_compiled_callees(value.function, options))
    return FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )


@cache
def _load_int64_intrinsic() -> Any:
    from llvmlite import ir
    from numba import int64
    from numba.extending import intrinsic

    @intrinsic
    def load(_typing: Any, _address: Any, _index: Any) -> Any:
        def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            word = ir.IntType(64)
            start = builder.inttoptr(args[0], word.as_pointer())
            return builder.load(builder.gep(start, [args[1]], source_etype=word), typ=word)

        return int64(int64, int64), generate

    return load


EMPTY = np.zeros(0, np.int64)
"""Stands where a kernel takes an array that this call has no use for."""
