"""Rows of the README's table of figures: the lab, speed, trust and waiting."""

import statistics

from common import read


def lab_rows() -> list[str]:
    """One row an experiment on points."""
    rows = []
    for row in read("lab_points").get("rows", []):
        metrics = row["rows"][0]["metrics"]
        wanted = [name for name in ("w1", "modes", "good_share", "reverse_kl", "sigma_ratio") if name in metrics]
        told = ", ".join(f"{name.replace('_', ' ')} {metrics[name]['mean']:.4g}" for name in wanted)
        swaps = f" {row['swaps']}" if row["swaps"] else ""
        seconds = metrics["seconds"]["mean"]
        what = f"`guina lab {row['experiment']}{swaps}`, {row['rows'][0]['seeds']} seeds, one core each"
        rows.append(f"| {what} | {told} | | {seconds:.0f} s a seed |")
    return rows


def other_rows() -> list[str]:
    rows = []
    if speed := read("throughput"):
        rates = speed["pictures_per_second"]
        rows.append(
            f"| classify, training, size {speed['size']} | {rates['guina']:,} pictures/s "
            f"| {rates['bare']:,} in a bare PyTorch loop | × {speed['ratio']:.2f} |"
        )
    if beside := read("classify_speed"):
        keras, ours = (statistics.median(r[who]["seconds"] for r in beside["rounds"]) for who in ("keras", "guina"))
        rows.append(
            f"| classify fashion-mnist, seconds to the accuracy of Keras's MNIST-convnet example | {ours:.1f} s "
            f"| {keras:.0f} s, Keras on TensorFlow | × {beside['ratio']:.1f} |"
        )
        for what in ("training", "prediction"):
            rates = {name: found[what] for name, found in beside["pictures_per_second"].items()}
            others = ", ".join(f"{rate:,} {name}" for name, rate in rates.items() if name != "guina")
            rows.append(f"| the same small network, pictures/s in {what} | {rates['guina']:,} | {others} | |")
    if small := read("small_data"):
        row = small["rows"][0]
        rows.append(
            f"| classify {small['folder']}, `--minutes {small['minutes']:g}` | {row['guina']:.2%} test accuracy "
            f"| {row['linear']:.2%} linear, {row['plain']['accuracy']:.2%} the same network in a plain loop "
            f"| {row['seconds']:.1f} s |"
        )
    if checks := read("check"):
        rows += [
            f"| `guina check` of {row['files']:,} {row['kind']}, nothing cached | {row['seconds']:.1f} s | | |"
            for row in checks["rows"]
        ]
    if big := read("big_text"):
        rows.append(
            f"| write, a text of {big['gigabytes']:g} GB read, encoded and learned from for {big['steps']} steps "
            f"| {big['peak_anonymous_mb']} MB of anonymous memory at most | | {big['seconds']:.0f} s |"
        )
    if loop := read("loop_overhead"):
        rows.append(f"| the loop's own cost at steps of 2 ms | × {loop['ratio']:.3f} of a bare loop | | |")
    rows += [
        f"| {row['job']}, `kill -9` at {row['kills']} random moments, {row['in_a_save']} of them in a save "
        f"| {row['resumed']} resumed, {row['identical']} of {row['runs']} runs ended with identical bytes | | |"
        for row in read("kills").get("rows", [])
    ]
    if start := read("startup"):
        rows.append(f"| `import guina`, `guina --help` | {start['import_ms']:.0f} ms, {start['help_ms']:.0f} ms | | |")
    return rows + waiting_rows()


def waiting_rows() -> list[str]:
    """What is waited for: answers and reports, and steps beside a busy process."""
    rows = []
    named = {"classify": "of 1,000 test pictures of 64 px, 20 classes", "write": "of a text of 3 MB"}
    for job, seconds in read("waiting").get("seconds", {}).items():
        told = ", ".join(f"{what} {value:.1f} s" for what, value in seconds.items() if not what.startswith("page"))
        rows.append(f"| {job}: `score`, `look` {named[job]}; `predict` of one | {told} | | |")
    for job, found in read("contention").get("jobs", {}).items():
        steps = found["milliseconds a step"]
        rows.append(
            f"| {job}, a step beside one busy process | × {found['busy / quiet']['guina']:.2f} of a quiet one "
            f"| × {found['busy / quiet']['library']:.2f} with the library's own spin count; "
            f"quiet {steps['guina, quiet']:.0f} and {steps['library, quiet']:.0f} ms | |"
        )
    return rows
