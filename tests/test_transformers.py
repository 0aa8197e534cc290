"""Pretrained models: features, tokens and preprocessing as the transformers package has them."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

if not os.environ.get("CI"):  # there it is a mistake if the package is missing
    pytest.importorskip("transformers", reason="needs pip install 'iconym[transformers]'")
import torch
from PIL import Image

import tiny_models
from iconym.encoders.hub import load_exported, load_pretrained, load_pretrained_towers
from iconym.encoders.hub.export import export_onnx, export_towers
from iconym.encoders.onnx import load_onnx
from iconym.encoders.two_tower import load_two_tower, save_two_tower
from iconym.errors import BadData, BadFolder, DamagedFolder, MissingTool, UnknownWord, Usage
from iconym.protocols import ImageEncoder, TextEncoder
from iconym.similarity import unit

FAMILIES = ("clip", "siglip", "dinov2", "convnext", "vit")
FULL = bool(os.environ.get("ICONYM_FULL"))
PICTURES = tiny_models.pictures()


class Model:
    """A folder, and the parts of the transformers package that were saved there."""

    def __init__(self, family, folder):
        self.family, self.folder, self.where = family, folder, str(folder)
        self.network, self.processor, *tokenizers = getattr(tiny_models, family)(folder)
        self.network.eval()
        self.tokenizer = tokenizers[0] if tokenizers else None


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    return {family: Model(family, root / family) for family in FAMILIES}


@pytest.fixture(params=FAMILIES)
def model(request, made):
    return made[request.param]


@pytest.fixture
def copy(made, tmp_path):
    """A folder of its own with a model's files, to be changed."""

    def copied(family="vit"):
        return shutil.copytree(made[family].folder, tmp_path / family)

    return copied


def features_of(model, pixels):
    with torch.no_grad():
        if model.family in ("clip", "siglip"):
            return model.network.get_image_features(pixels).pooler_output.numpy()
        if model.family == "vit":
            return model.network.vit(pixels).last_hidden_state[:, 0].numpy()
        return model.network(pixels).pooler_output.numpy()


def change_json(path, **settings):
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def test_is_an_image_encoder(model):
    assert isinstance(load_pretrained(model.where), ImageEncoder)


def test_pixels_are_those_of_the_package(model):
    ours = load_pretrained(model.where).preprocessing(PICTURES)
    for picture, pixels in zip(PICTURES, ours):
        theirs = model.processor(Image.fromarray(picture), return_tensors="np")["pixel_values"][0]
        np.testing.assert_allclose(pixels, theirs, atol=1e-5)


def test_features_are_those_the_model_compares_or_classifies_by(model):
    encoder = load_pretrained(model.where)
    theirs = features_of(model, torch.from_numpy(encoder.preprocessing(PICTURES)))
    np.testing.assert_allclose(encoder(PICTURES), theirs, atol=1e-6)
    assert encoder(PICTURES).dtype == np.float32 and encoder.dim == theirs.shape[1]


def test_no_image_gives_no_row(model):
    encoder = load_pretrained(model.where)
    assert encoder([]).shape == (0, encoder.dim)


def test_a_row_depends_on_its_own_image_only(model):
    encoder = load_pretrained(model.where)
    alone = np.concatenate([encoder([picture]) for picture in PICTURES])
    np.testing.assert_allclose(encoder(PICTURES), alone, atol=1e-6)


def test_the_same_files_give_the_same_fingerprint_under_any_name(model, tmp_path):
    other = shutil.copytree(model.folder, tmp_path / "another")
    encoders = [load_pretrained(model.where), load_pretrained(str(other))]
    assert encoders[0].name != encoders[1].name
    assert encoders[0].fingerprint == encoders[1].fingerprint


def test_the_fingerprint_covers_weights_settings_and_preprocessing(made, copy):
    folder = copy("dinov2")
    prints = [load_pretrained(str(folder)).fingerprint]
    change_json(folder / "preprocessor_config.json", resample=2)
    prints.append(load_pretrained(str(folder)).fingerprint)
    change_json(folder / "config.json", hidden_act="relu")
    prints.append(load_pretrained(str(folder)).fingerprint)
    weights = made["dinov2"].network
    with torch.no_grad():
        weights.layernorm.bias += 1
    weights.save_pretrained(folder)
    with torch.no_grad():
        weights.layernorm.bias -= 1
    prints.append(load_pretrained(str(folder)).fingerprint)
    assert len(set(prints)) == 4


def test_importing_the_adapter_imports_neither_torch_nor_transformers():
    check = (
        "import iconym.encoders.hub, sys; assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", check], check=True)


# -- what cannot be loaded ---------------------------------------------------------------------


def test_a_place_that_is_no_folder_and_no_name_is_told():
    with pytest.raises(
        BadFolder, match=r"there is no folder \./nowhere; give one, or a model's name"
    ):
        load_pretrained("./nowhere")


def test_a_model_of_the_hub_without_a_network_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(BadFolder, match="owner/model is not on this machine and the hub cannot be"):
        load_pretrained("owner/model")


def test_a_folder_that_is_no_model_is_told(tmp_path):
    with pytest.raises(BadFolder, match=r"has no config\.json; is it a model's folder"):
        load_pretrained(str(tmp_path))


def test_a_family_that_is_not_known_is_told_with_those_that_are(copy):
    folder = copy()
    change_json(folder / "config.json", model_type="bert")
    with pytest.raises(BadFolder, match="of the family bert; known are clip, siglip, dinov2"):
        load_pretrained(str(folder))


def test_pickled_weights_are_not_read(copy):
    folder = copy()
    torch.save({}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(BadFolder, match=r"holds no vit model that can be read: .*safetensors"):
        load_pretrained(str(folder))


def test_weights_that_end_too_early_are_told(copy):
    weights = copy() / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(BadFolder, match="holds no vit model that can be read"):
        load_pretrained(str(weights.parent))


def test_weights_of_another_size_are_told(copy):
    folder = copy()
    change_json(folder / "config.json", hidden_size=16)
    with pytest.raises(BadFolder, match="holds no vit model that can be read"):
        load_pretrained(str(folder))


def test_weights_that_are_missing_are_never_drawn_at_random(copy):
    folder = copy()
    change_json(folder / "config.json", num_hidden_layers=2)
    with pytest.raises(BadFolder, match=r"lacks 16 weights of its vit model, \S+ for one"):
        load_pretrained(str(folder))


def test_a_model_without_its_preprocessing_is_told(copy):
    folder = copy()
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(BadFolder, match=r"has no preprocessor_config\.json or processor_config"):
        load_pretrained(str(folder))


def test_a_package_that_is_missing_is_told(monkeypatch, made):
    monkeypatch.delitem(sys.modules, "iconym.encoders.hub.models", raising=False)
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(
        MissingTool, match=r"need transformers: pip install 'iconym\[transformers\]'"
    ):
        load_pretrained(made["vit"].where)


# -- two towers --------------------------------------------------------------------------------

TEXTS = ["a photo of a cat", "dog", "snow leopard"]


@pytest.fixture(params=["clip", "siglip"])
def pair(request, made):
    return made[request.param]


def vectors_of(pair, texts):
    padding = "max_length" if pair.family == "siglip" else True
    length = tiny_models.LENGTH
    read = pair.tokenizer(texts, padding=padding, truncation=True, max_length=length)
    with torch.no_grad():
        found = pair.network.get_text_features(torch.tensor(read["input_ids"]))
    return unit(found.pooler_output.numpy())


def test_is_a_text_encoder(pair):
    assert isinstance(load_pretrained_towers(pair.where).text, TextEncoder)


def test_vectors_of_texts_are_those_of_the_model_at_length_one(pair):
    text = load_pretrained_towers(pair.where).text
    np.testing.assert_allclose(text(TEXTS), vectors_of(pair, TEXTS), atol=1e-6)
    assert text.dim == text(TEXTS).shape[1] and text(TEXTS).dtype == np.float32


def test_both_towers_lead_into_one_space(pair):
    towers = load_pretrained_towers(pair.where)
    assert towers.image.dim == towers.text.dim
    np.testing.assert_allclose(towers.image(PICTURES), load_pretrained(pair.where)(PICTURES))


def test_no_text_gives_no_row(pair):
    text = load_pretrained_towers(pair.where).text
    assert text([]).shape == (0, text.dim)


def test_a_vector_depends_on_its_own_text_only(pair):
    text = load_pretrained_towers(pair.where).text
    alone = np.concatenate([text([one]) for one in TEXTS])
    np.testing.assert_allclose(text(TEXTS), alone, atol=1e-6)


def test_a_text_is_cut_off_at_the_length_of_the_model(pair):
    text = load_pretrained_towers(pair.where).text
    np.testing.assert_allclose(
        text(["a photo of a " + "cat " * 99]),
        vectors_of(pair, ["a photo of a " + "cat " * 99]),
        atol=1e-6,
    )


def test_an_underscore_is_read_as_a_blank(pair):
    one, other = load_pretrained_towers(pair.where).text(["snow_leopard", "snow leopard"])
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("blank", ["", "  ", "_"])
def test_a_text_of_blanks_cannot_be_read(pair, blank):
    with pytest.raises(UnknownWord):
        load_pretrained_towers(pair.where).text(["cat", blank])


def test_clip_has_a_scale_and_siglip_a_bias_too(made):
    clip, siglip = (load_pretrained_towers(made[f].where) for f in ("clip", "siglip"))
    assert clip.scale == pytest.approx(100) and clip.bias is None
    assert siglip.scale == pytest.approx(10) and siglip.bias == -5


def test_a_family_without_a_tower_for_texts_is_told(made):
    with pytest.raises(Usage, match="is a dinov2 model, which reads no texts"):
        load_pretrained_towers(made["dinov2"].where)


def test_towers_without_a_tokenizer_are_told(copy):
    folder = copy("clip")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(BadFolder, match=r"has no tokenizer\.json"):
        load_pretrained_towers(str(folder))


def test_a_damaged_tokenizer_is_told(copy):
    folder = copy("clip")
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(BadData, match=r"tokenizer\.json are no tokenizer"):
        load_pretrained_towers(str(folder))


def test_siglip_reads_lower_case(made):
    one, other = load_pretrained_towers(made["siglip"].where).text(["Cat", "cat"])
    np.testing.assert_array_equal(one, other)


def test_the_first_siglip_reads_no_punctuation(copy):
    folder = copy("siglip")
    change_json(folder / "tokenizer_config.json", tokenizer_class="SiglipTokenizer")
    one, other = load_pretrained_towers(str(folder)).text(["A photo,  of (cat)!", "a photo of cat"])
    np.testing.assert_array_equal(one, other)


def test_an_end_that_the_settings_ask_for_is_added_where_the_tokenizer_has_none(made, copy):
    folder = copy("siglip")
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"post_processor": None}))
    change_json(folder / "tokenizer_config.json", add_eos_token=True)
    known = load_pretrained_towers(made["siglip"].where).text
    np.testing.assert_array_equal(load_pretrained_towers(str(folder)).text(TEXTS), known(TEXTS))


# -- without torch -----------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES if FULL else ["convnext"])
def test_an_exported_encoder_agrees_and_is_found_again_in_its_file(family, made, tmp_path):
    encoder = load_pretrained(made[family].where)
    exported = export_onnx(encoder, tmp_path / "model.onnx")
    np.testing.assert_allclose(exported(PICTURES), encoder(PICTURES), atol=1e-4)
    assert load_onnx(tmp_path / "model.onnx").fingerprint == exported.fingerprint


def test_an_export_is_the_same_again_and_tells_no_path_of_the_machine(made):
    model = load_exported(made["convnext"].where).model
    assert model == load_exported(made["convnext"].where).model
    assert b".py" not in model and b"transformers" not in model


@pytest.fixture(scope="module", params=["clip", "siglip"] if FULL else ["clip"])
def towers(request, made):
    loaded = load_pretrained_towers(made[request.param].where)
    return loaded, export_towers(loaded)


def test_exported_towers_agree_and_are_found_again_in_their_folder(towers, tmp_path):
    loaded, exported = towers
    save_two_tower(exported, tmp_path / "towers")
    found = load_two_tower(tmp_path / "towers")
    np.testing.assert_allclose(found.image(PICTURES), loaded.image(PICTURES), atol=1e-4)
    for texts in (TEXTS, TEXTS[1:2], []):
        np.testing.assert_allclose(found.text(texts), loaded.text(texts), atol=1e-4)
    assert (found.scale, found.bias) == (loaded.scale, loaded.bias)
    assert found.text.dim == loaded.text.dim


def test_saved_towers_are_used_without_torch_and_transformers(towers, tmp_path):
    save_two_tower(towers[1], tmp_path / "towers")
    program = f"""
import pathlib, sys
from iconym.encoders.two_tower import load_two_tower
assert load_two_tower(pathlib.Path({str(tmp_path)!r}) / "towers").text(["cat"]).shape[0] == 1
assert not {{"torch", "transformers", "onnx"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_towers_that_are_not_exported_cannot_be_saved(towers, tmp_path):
    with pytest.raises(Usage, match="cannot be saved; export them to ONNX first"):
        save_two_tower(towers[0], tmp_path / "towers")


def test_saved_towers_that_are_not_as_written_are_told(towers, tmp_path):
    from iconym.files import save_folder

    save_folder(tmp_path / "towers", "two-tower", 1, {"model.json": b"{}"})
    with pytest.raises(DamagedFolder, match="not as iconym writes it"):
        load_two_tower(tmp_path / "towers")
