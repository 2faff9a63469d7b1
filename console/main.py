"""The console script `yidan`: one small function per command, whose module is imported only when it is called.

`yidan words` must answer at once, so nothing heavy is imported up here. A command's module has
`run(...) -> int`, the exit code; what people and scripts may pass stands here.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from shared.domain.errors import FeeOfficeError

# An argument such as -1.00 is a wrong amount, not an unknown option.
_ANY_ARGUMENT: Final = {"ignore_unknown_options": True}

# Words of a plain call, without options: the function of console.calculate and how many arguments follow.
_PLAIN_CALLS: Final = {
    ("assess",): ("assess", 1),
    ("words",): ("words", 1),
    ("workdays", "add"): ("add_working_days", 2),
}


class Console(typer.Typer):
    """The commands; a calculator called without options is answered before typer takes its arguments apart.

    Typer 0.29 imports pydantic for every argument, which takes longer than the answer, and scripts ask often.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = sys.argv[1:]
        for name, (function, count) in _PLAIN_CALLS.items():
            rest = given[len(name) :]
            if tuple(given[: len(name)]) == name and len(rest) == count and not any(map(_is_option, rest)):
                options = {} if function == "words" else {"pack": None}
                sys.exit(getattr(import_module("console.calculate"), function)(*rest, lang="zh", **options))
        return super().__call__(*args, **kwargs)


def _is_option(argument: str) -> bool:
    return argument.startswith("--")


app = Console(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="一单：一次申报，一张缴费通知书，一份网上回执。",
)
workdays = typer.Typer(add_completion=False, no_args_is_help=True, help="工作日推算，起算当日不计")
app.add_typer(workdays, name="workdays")

PackFolder = Annotated[Path | None, typer.Option("--pack", help="城市数据包所在文件夹，缺省为本市")]
Language = Annotated[str, typer.Option("--lang", help="问题说明的语言：zh 或 en")]


@app.command(help="计算收费：读入项目事实，输出每项收费明细、每个缴款人的应缴额和缴款期限")
def assess(
    facts: Annotated[str, typer.Argument(metavar="FACTS.json", help="JSON 文件，- 表示标准输入；数组逐个计算")],
    pack: PackFolder = None,
    lang: Language = "zh",
) -> None:
    _run("console.calculate", "assess", facts, pack=pack, lang=lang)


@app.command(help="金额（元）转大写", context_settings=_ANY_ARGUMENT)
def words(amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="例如 1409.50")], lang: Language = "zh") -> None:
    _run("console.calculate", "words", amount, lang=lang)


@workdays.command(help="期限的最后一日", context_settings=_ANY_ARGUMENT)
def add(
    start: Annotated[str, typer.Argument(metavar="START", help="起算日 YYYY-MM-DD，当日不计")],
    days: Annotated[str, typer.Argument(metavar="DAYS", help="工作日天数")],
    pack: PackFolder = None,
    lang: Language = "zh",
) -> None:
    _run("console.calculate", "add_working_days", start, days, pack=pack, lang=lang)


@workdays.command(help="一个时段内的工作日天数：起始日之后，到截止日为止")
def between(
    start: Annotated[str, typer.Argument(metavar="START", help="YYYY-MM-DD，当日不计")],
    end: Annotated[str, typer.Argument(metavar="END", help="YYYY-MM-DD，当日计入")],
    pack: PackFolder = None,
    lang: Language = "zh",
) -> None:
    _run("console.calculate", "count_working_days", start, end, pack=pack, lang=lang)


@app.command(help="校验 PDF 上的全部签章；有一处不符即以 1 退出")
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE.pdf")],
    ca: Annotated[Path | None, typer.Option("--ca", help="信任的根证书（PEM），缺省为安装时生成的")] = None,
) -> None:
    _run("console.verify", "run", file, ca=ca)


@app.command(help="启动整套服务，直到 Ctrl-C")
def up(echo: Annotated[bool, typer.Option("--echo", help="同时显示各进程的日志")] = False) -> None:
    from console.stack import Stack
    from shared.settings import settings

    raise typer.Exit(Stack(settings(), echo=echo).run_forever())


@app.command(help="演示：从申报到回执走一遍，文件留在 var/demo/")
def demo() -> None:
    _run("console.demo", "run")


@app.command(help="核对账务与流程的不变量；有一项不符即以 1 退出")
def audit() -> None:
    _run("console.audit", "run")


@app.command(help="检查运行环境：装了什么、连得上什么、什么过时了")
def doctor() -> None:
    _run("console.doctor", "run")


def _run(module: str, function: str, *arguments: object, **options: object) -> NoReturn:
    """Call a command's own module and leave with its exit code."""
    call: Any = getattr(import_module(module), function)
    try:
        code = call(*arguments, **options)
    except FeeOfficeError as reason:
        # Said in words: a store that is down or keys that are not there are no defect of the program.
        print(f"yidan: {reason}", file=sys.stderr)
        code = 1
    raise typer.Exit(code)
