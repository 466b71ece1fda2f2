"""Write the README's table of figures from bench/results/*.json, between its two markers.

python bench/table.py           rewrite README.md
python bench/table.py --check   exit with 1 if it would change
"""

import json
import statistics
import sys

from common import RESULTS, ROOT

SAMPLE, END_OF_SAMPLE = "<!-- sample: written by bench/table.py -->", "<!-- end of sample -->"
BEGIN, END = "<!-- figures: written by bench/table.py -->", "<!-- end of figures -->"


def read(name: str) -> dict:
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def accuracy_rows() -> list[str]:
    """One row for each data set and budget: the median over seeds of what a run on a quiet machine gave."""
    found: dict[tuple[str, float], list[dict]] = {}
    for row in read("classify_accuracy").get("rows", []):
        if row["test_accuracy"] is not None:
            found.setdefault((row["data"], row["minutes"]), []).append(row)
    rows = []
    for (data, minutes), runs in sorted(found.items()):
        accuracy = statistics.median(run["test_accuracy"] for run in runs)
        baseline = max(scores["accuracy"] for scores in runs[0]["baselines"].values())
        spread = f", {len(runs)} seeds" if len(runs) > 1 else ""
        seconds = statistics.median(run["seconds"] for run in runs)
        rows.append(
            f"| classify {data}, `--minutes {minutes:g}` | {accuracy:.2%} test accuracy{spread} "
            f"| {baseline:.2%} (the better of majority and linear) | {seconds:.1f} s |"
        )
    return rows


def write_rows() -> list[str]:
    """One row for each text and budget; docs/log.md has the runs with other settings."""
    rows = []
    for row in read("write_score").get("rows", []):
        score, baselines = row["score"], row["baselines"]
        if row["settings"]:
            continue
        dynamic = ""
        if "nats_per_char_not_dynamic" in score:
            adapted, not_adapted = score["nats_per_char_dynamic"], score["nats_per_char_not_dynamic"]
            dynamic = f"; learning as it reads {adapted:.4f}, on units that cost {not_adapted:.4f} without"
        rows.append(
            f"| write {row['data']}, `--minutes {row['minutes']:g}` "
            f"| {score['nats_per_char']:.4f} nats a character; "
            f"fresh windows {score['nats_per_char_fresh']:.4f}{dynamic} "
            f"| {baselines['5-gram']['nats_per_char']:.4f} 5-grams, "
            f"{baselines['unigram']['nats_per_char']:.4f} unigrams "
            f"| {row['seconds']:.1f} s |"
        )
    if speed := read("write_speed"):
        rates = speed["characters_per_second"]
        others = ", ".join(f"{rate:,} {name}" for name, rate in rates.items() if name != "guina")
        rows.append(f"| write, size {speed['size']}, characters/s in training | {rates['guina']:,} | {others} | |")
        written = speed["written_per_second_one_thread"]
        rows.append(f"| the same, characters/s written on one thread | {written:,} | | |")
    return rows


def translate_rows() -> list[str]:
    """One row for each direction and budget: the mean over seeds, and its standard deviation."""
    found = read("translate_score")
    kinds = [kind for kind in found.get("means", []) if kind["who"] == "guina" and not kind["settings"]]
    rows = []
    for kind in kinds:
        same = [
            row for row in found["rows"] if (row["direction"], row["minutes"]) == (kind["direction"], kind["minutes"])
        ]
        ours = [row for row in same if row["who"] == "guina" and not row["settings"]]
        theirs = [row for row in same if row["who"] != "guina"]
        spread = f" ± {kind['sd']['bleu']:.2f}, {len(ours)} seeds" if kind["sd"]["bleu"] else ""
        beside = [f"{ours[0]['baselines']['word table']['bleu']:.1f} a table of words (IBM model 1)"]
        known = [(row["score"]["bleu_greedy"], "bfloat16" if "bf16" in row["who"] else "float32") for row in theirs]
        beside += [f"{score:.1f} a transformer as PyTorch's tutorial has it ({how}), greedy" for score, how in known]
        rows.append(
            f"| translate multi30k {kind['direction']}, `--minutes {kind['minutes']:g}` "
            f"| {kind['mean']['bleu']:.2f} BLEU{spread} (cased, detokenised, beam 5; greedy "
            f"{kind['mean']['bleu_greedy']:.2f}) on test_2016_flickr | {', '.join(beside)} "
            f"| {statistics.median(row['seconds'] for row in ours):.0f} s |"
        )
    if speed := read("translate_speed"):
        rates, steps = speed["sentences_per_second"], speed["training"]["steps_per_second"]
        told = ", ".join(f"{rate:.0f} {name}" for name, rate in rates.items())
        rows.append(f"| translate, size {speed['size']}, sentences/s on {speed['threads']} threads | {told} | | |")
        rows.append(
            f"| translate, training, size {speed['size']} | {steps['guina']:.1f} steps/s "
            f"| {steps['bare']:.1f} in a bare PyTorch loop | × {speed['training']['ratio']:.2f} |"
        )
    return rows


def transcribe_rows() -> list[str]:
    """One row for each data set and budget, as it is and with one speaker after the other left out."""
    found = read("transcribe_score")
    rows = []
    for kind in found.get("means", []):
        if kind["who"] != "guina" or kind["settings"]:
            continue
        left_out = kind["a speaker left out"]
        same = [
            row
            for row in found["rows"]
            if (row["data"], row["minutes"], bool(row["left_out"])) == (kind["data"], kind["minutes"], left_out)
        ]
        ours = [row for row in same if row["who"] == "guina" and not row["settings"]]
        beside = [f"{row['score']['wer_greedy']:.1%} a tutorial's network, greedy" for row in same if row not in ours]
        nearest = [row["baselines"].get("nearest recording") for row in ours]
        if all(nearest):
            beside += [f"{statistics.mean(scores['wer'] for scores in nearest):.1%} the nearest recording"]
        sd = kind["sd"]["wer"]
        spread = f" ± {100 * sd:.1f}, {len(ours)} {'speakers' if left_out else 'seeds'}" if sd is not None else ""
        worst = f", the worst {kind['worst']['wer']:.1%}" if left_out else ""
        what = f"{kind['data']}, one speaker left out" if left_out else kind["data"]
        rows.append(
            f"| transcribe {what}, `--minutes {kind['minutes']:g}` "
            f"| {kind['mean']['wer']:.1%} wrong words{spread}{worst} (greedy {kind['mean']['wer_greedy']:.1%}) "
            f"| {', '.join(beside)} | {statistics.median(row['seconds'] for row in ours):.0f} s |"
        )
    if speed := read("transcribe_speed"):
        heard, hour, steps = speed["times_real_time"], speed["an_hour"], speed["training"]["steps_per_second"]
        rows.append(
            f"| transcribe, size {speed['size']}, times as fast as it is spoken, {speed['threads']} threads "
            f"| {heard['beam']:.0f}, greedy {heard['greedy']:.0f}; an hour in {hour['peak_anonymous_mb']} MB | | |"
        )
        rows.append(
            f"| transcribe, training, size {speed['size']} | {steps['guina']:.1f} steps/s "
            f"| {steps['bare']:.1f} in a bare PyTorch loop | × {speed['training']['ratio']:.2f} |"
        )
    return rows


def caption_rows() -> list[str]:
    """One row for each data set and budget: the mean over seeds, beside what can be said without looking."""
    found = read("caption_score")
    rows = []
    for kind in found.get("means", []):
        if kind["who"] != "guina" or kind["settings"]:
            continue
        same = [row for row in found["rows"] if (row["data"], row["minutes"]) == (kind["data"], kind["minutes"])]
        ours = [row for row in same if row["who"] == "guina" and not row["settings"]]
        blind = [row["score"] for row in same if row["who"] == "blind"]
        known = {name: ours[0]["baselines"].get(name) for name in ("one sentence", "nearest pictures")}
        beside = [f"{both(scores)} {name}" for name, scores in known.items() if scores]
        beside += [f"{both(scores)} its blind twin" for scores in blind]
        sd = kind["sd"]
        spread = f" ± {sd['bleu4']:.1f}" if sd["bleu4"] is not None else ""
        spread_d = f" ± {sd['cider_d']:.3f}, {len(ours)} seeds" if sd["cider_d"] is not None else ""
        rows.append(
            f"| caption {kind['data']}, `--minutes {kind['minutes']:g}` | {kind['mean']['bleu4']:.1f}{spread} BLEU-4, "
            f"{kind['mean']['cider_d']:.3f}{spread_d} CIDEr-D on its dev pictures | {', '.join(beside)} "
            f"| {statistics.median(row['seconds'] for row in ours):.0f} s |"
        )
    if speed := read("caption_speed"):
        rates, steps = speed["pictures_per_second"], speed["training"]
        told = ", ".join(f"{rate:.0f} {name}" for name, rate in rates.items())
        rows.append(f"| caption, size {speed['size']}, pictures/s on {speed['threads']} threads | {told} | | |")
        rows += [
            f"| caption, training, phase {phase} | {one['guina']:.1f} steps/s "
            f"| {one['bare']:.1f} in a bare PyTorch loop | × {one['ratio']:.2f} |"
            for phase, one in steps.items()
        ]
    return rows


def both(scores: dict[str, float]) -> str:
    return f"{scores['bleu4']:.1f} and {scores['cider_d']:.3f}"


def generate_rows() -> list[str]:
    """One row for each data set, budget, number of threads and settings: the median over seeds."""
    found: dict[tuple, list[dict]] = {}
    for row in read("generate_quality").get("rows", []):
        found.setdefault((row["data"], row["minutes"], row["threads"], row["settings"]), []).append(row)
    rows = []
    for (data, minutes, threads, settings), runs in sorted(found.items()):
        fd = statistics.median(run["fd"] for run in runs)
        real, simplest = (runs[0]["baselines"][name]["fd"] for name in ("training pictures", "Gaussian"))
        beside = f"{real:.2f} training pictures, {simplest:.1f} a Gaussian in PCA space"
        if games := [run for run in runs if "dcgan" in run]:
            dcgan = statistics.median(run["dcgan"]["fd"] for run in games)
            best = statistics.median(run["dcgan"]["fd_best"] for run in games)
            beside = f"{dcgan:.2f} a batch-norm DCGAN (its best look {best:.2f}), {beside}"
        cores = "one core" if threads == 1 else f"{threads} cores"
        spread = f" (median of {len(runs)} seeds)" if len(runs) > 1 else ""
        collapsed = sum(run["went_back"] for run in runs)
        what = f"generate {data}, `--minutes {minutes:g}{' ' + settings if settings else ''}`, {cores}"
        rows.append(
            f"| {what} | house-FD {fd:.2f}{spread}; {collapsed} collapses "
            f"| {beside} | {statistics.median(run['seconds'] for run in runs):.0f} s |"
        )
    return rows


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


def sample() -> str:
    """What was written after five minutes, as the README shows it."""
    rows = [r for r in read("write_score").get("rows", []) if r["minutes"] == 5 and not r["settings"]]
    if not rows:
        return f"{SAMPLE}\n{END_OF_SAMPLE}"
    row = rows[0]
    text = "\n".join(line.rstrip() for line in row["sample"].splitlines())
    told = f"After five minutes on two cores with {row['data']}, it goes on from “ROMEO:” like this:"
    return f"{SAMPLE}\n{told}\n\n```\n{text}\n```\n{END_OF_SAMPLE}"


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


def table() -> str:
    rows = accuracy_rows() + write_rows() + translate_rows() + transcribe_rows() + caption_rows() + generate_rows()
    rows += lab_rows() + other_rows()
    made = next((r for r in map(read, ("classify_accuracy", "throughput", "startup")) if r), {})
    machine = made.get("machine", {})
    where = f"{machine.get('cores')} cores ({machine.get('cpu')})"
    note = f"Measured on {where}, commit {made.get('commit')}, {made.get('date')}."
    head = ["| what | guina | beside it | time |", "|---|---|---|---|"]
    return "\n".join([BEGIN, *head, *rows, "", note, END])


def between(text: str, begin: str, end: str, new: str) -> str:
    """The text with what stands from one marker to the other replaced."""
    before, _, rest = text.partition(begin)
    return before + new + rest.partition(end)[2]


def main() -> None:
    path = ROOT / "README.md"
    text = path.read_text()
    new = between(between(text, BEGIN, END, table()), SAMPLE, END_OF_SAMPLE, sample())
    if "--check" in sys.argv:
        sys.exit(0 if new == text else 1)
    path.write_text(new)


if __name__ == "__main__":
    main()
