"""Character error rate of a run on the sample morse, by signal to noise.

    python bench/transcribe_morse.py RUN [--clips 200]

New texts of the sample's kind, which none of its recordings has, are keyed at speeds, pitches, fading and drift drawn
as for the sample, each at every signal to noise. Results: bench/results/transcribe_morse.json.
"""

import argparse
from dataclasses import replace
from typing import Any

import guina
from common import save
from guina.data.morse import Dice, keyed, morse_texts, some_keying, some_text
from guina.data.sounds import as_int16
from guina.jobs.transcribe.settings import TranscribeOptions
from guina.runtime import evaluating
from guina.word_errors import rates

DECIBELS = (-6.0, -3.0, 0.0, 3.0, 10.0, 20.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--clips", type=int, default=200)
    args = parser.parse_args()
    run = guina.load(args.run)
    half: Any = run.answering
    known = {text for texts in morse_texts().values() for text in texts}
    dice, texts = Dice("bench"), dict[str, None]()
    while len(texts) < args.clips:
        if (text := some_text(dice)) not in known:
            texts[text] = None
    found = {}
    for snr in DECIBELS:
        waves = [
            as_int16(keyed(text, replace(some_keying(Dice(f"{n}")), snr=snr), Dice(f"{n} {snr}")))
            for n, text in enumerate(texts)
        ]
        with evaluating(*half.nets.values()):
            scores = {
                name: rates([one.text for one in half.transcribed(waves, beam)], list(texts))
                for name, beam in (("beam", TranscribeOptions().beam), ("greedy", 0))
            }
        found[f"{snr:g} dB"] = {name: {part: one[part] for part in ("cer", "wer")} for name, one in scores.items()}
        print(snr, found[f"{snr:g} dB"], flush=True)
    save("transcribe_morse", {"clips": args.clips, "options": run.folder.info["options"], "scores": found})


if __name__ == "__main__":
    main()
