"""What bench/classify_speed.py runs in an environment of its own, with Keras: no guina here.

    KERAS_BACKEND=tensorflow python keras_side.py example FOLDER      the MNIST-convnet example on idx files, to its end
    KERAS_BACKEND=jax        python keras_side.py speed FOLDER        guina's small network: pictures a second

Prints one JSON object.
"""

import gzip
import json
import sys
import time
from pathlib import Path

import keras
import numpy as np
from keras import layers


def read(folder: Path, prefix: str) -> tuple[np.ndarray, np.ndarray]:
    pictures = gzip.decompress((folder / f"{prefix}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / f"{prefix}-labels-idx1-ubyte.gz").read_bytes())
    x = np.frombuffer(pictures, np.uint8, offset=16).reshape(-1, 28, 28, 1).astype("float32") / 255
    return x, np.frombuffer(labels, np.uint8, offset=8).astype("int64")


def example(folder: Path) -> dict:
    """https://keras.io/examples/vision/mnist_convnet, its network and settings, on other idx files."""
    began = time.time()
    x, y = read(folder, "train")
    model = keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    onehot = keras.utils.to_categorical(y, 10)
    model.fit(x, onehot, batch_size=128, epochs=15, validation_split=0.1, verbose=0)
    seconds = time.time() - began
    test_x, test_y = read(folder, "t10k")
    accuracy = float((model.predict(test_x, batch_size=500, verbose=0).argmax(1) == test_y).mean())
    return {"seconds": seconds, "accuracy": accuracy}


def small() -> keras.Model:
    """guina's small network for 28×28 grey pictures, layer by layer."""

    def norm(x):
        return layers.BatchNormalization(scale=False)(x)

    inputs = keras.Input(shape=(28, 28, 1))
    padded = layers.ZeroPadding2D(1)(inputs)
    x = layers.Activation("silu")(layers.Conv2D(16, 3, strides=2)(padded))
    for width, pool in ((32, True), (64, True), (64, False)):
        x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
        x = layers.MaxPooling2D(2)(x) if pool else x
        x = layers.Activation("silu")(norm(x))
        x = layers.Activation("silu")(norm(layers.Conv2D(width, 3, padding="same", use_bias=False)(x)))
    return keras.Model(inputs, layers.Dense(10, use_bias=False)(layers.GlobalMaxPooling2D()(x)))


def speed(folder: Path) -> dict:
    """Pictures a second in training (batch 250) and in prediction, after a first pass that compiles."""
    x, y = read(folder, "train")
    model = small()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(loss=loss, optimizer=keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True))
    model.fit(x[:2500], y[:2500], batch_size=250, epochs=1, verbose=0)
    model.predict(x[:1000], batch_size=250, verbose=0)
    began = time.time()
    model.fit(x[:30000], y[:30000], batch_size=250, epochs=1, verbose=0)
    trained = time.time()
    model.predict(x[:30000], batch_size=250, verbose=0)
    predicted = time.time()
    return {"training": 30000 / (trained - began), "prediction": 30000 / (predicted - trained)}


if __name__ == "__main__":
    result = {"example": example, "speed": speed}[sys.argv[1]](Path(sys.argv[2]))
    print(json.dumps(result | {"backend": keras.backend.backend(), "keras": keras.__version__}))
