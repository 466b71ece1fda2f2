"""How long `import guina` and `guina --help` take, and that neither imports torch or numpy.

    python bench/startup.py

Medians of 15 processes, the bare interpreter's own time taken off the import. Writes bench/results/startup.json.
"""

import statistics
import subprocess
import sys
import time

from common import save


def median_ms(command: list[str], runs: int = 15) -> float:
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(taken), 1)


def main() -> None:
    heavy = "import sys, guina, guina.cli; print(sorted({'torch', 'numpy'} & set(sys.modules)))"
    result = {
        "interpreter_ms": median_ms([sys.executable, "-c", "pass"]),
        "import_ms": median_ms([sys.executable, "-c", "import guina"]),
        "help_ms": median_ms([sys.executable, "-m", "guina", "--help"]),
        "heavy_imports": subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True).stdout.strip(),
    }
    print(result, save("startup", result))


if __name__ == "__main__":
    main()
