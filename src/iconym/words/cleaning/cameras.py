"""Rules for what took a picture and how it was set: cameras, lenses, exposure."""

import re

from iconym.words.cleaning.rule import dropping

# their names mean nothing else that a picture may show (nobody tags a picture with canon law)
CAMERA_MAKERS = (
    "canon|nikon|pentax|leica|hasselblad|minolta|konica|konicaminolta|fujifilm|yashica|mamiya"
    "|rolleiflex|rollei|voigtl(?:a|ae|ä)nder|bronica|tamron|tokina|panasonic|kodak|sony|gopro"
)
# makers of much else, mountains and letters: their names go with a model only
OTHER_MAKERS = (
    "olympus|fuji|samsung|casio|ricoh|contax|sigma|nokia|motorola|sonyericsson|htc|carlzeiss|zeiss"
)
MAKER = f"(?:{CAMERA_MAKERS}|{OTHER_MAKERS})"
SERIES = (
    "(?:powershot|coolpix|cybershot|finepix|easyshare|lumix|ixus|exilim|photosmart|dimage|camedia"
    "|speedlite|speedlight|nikkor|rokkor|takumar|zuiko|distagon|summicron|summilux|noctilux)"
)
FAMILY = "(?:eos|rebel|kiss|digital|dslr|alpha|pen|optio|galaxy|zoom|super)"
MARK = "(?:mark|mk)(?:i{1,3}|iv|v|[1-5])n?"  # the edition of a model: 5d mark ii
NUMBER = r"(?!(?:1[89]|20)\d\d$|ps\d)[a-z]{0,6}\d{1,5}[a-z]{0,4}"  # m8, dscw120; no year, no PS3
MODEL = f"{FAMILY}*(?:{NUMBER}|xti?|xsi?)(?:{MARK})?(?:digital|kit|body)?"
LENS = r"(?:efs?|afs?|ed|dx|vr|micro|macro|di)*\d{2,6}mm(?:f?\d{1,4})?[a-z]{0,8}"
CAMERA = re.compile(  # of words without their underscores: people write them in every way
    "|".join(
        (
            f"(?:{CAMERA_MAKERS})(?:cameras?|lens|lenses|dslr|slr|digital|flash)?",
            f"{MAKER}?(?:{SERIES}|eos)(?:{MODEL})?",
            f"{MAKER}(?:{MODEL})",
            f"{MAKER}?{SERIES}?{LENS}",  # canonef50mmf18, 18-200mm
            f"(?:[567]|[1-9]0|77|[1-8]50|[1-7]00|760|1[0-3]00|[24]000)d(?:{MARK})?",  # Canon 5D
            "d(?:[3-9]0[xs]?|[1-8]00[aesx]?|[678]10a?|[78][58]0a?|[357][0-6]00)",  # Nikon D90
            r"dmc[a-z]{1,3}\d{1,3}|dsc[a-z]{1,2}\d{1,3}v?|ilce\d+\w?|nex\d\w?",
            r"dslr(?:a\d{3})?|(?:eos)?(?:digital)?rebel(?:xti?|xsi?|t\di?)|k\d{1,3}d|istd[ls]?2?",
            r"(?:apple)?iphone(?:\d{1,2}(?:c|g|gs|s|se)?|x|xr|xs|se)(?:plus|pro|max|mini)*",
        )
    )
)
SETTING = re.compile(r"f_?\d{1,2}_\d|iso_?\d{2,6}|1_\d{1,4}_?s(?:ec)?")  # f/2.8, ISO 400, 1/250 s
F_NUMBER = re.compile(r"[fƒ] ?[/:] ?\d{1,2}(?:[.,]\d)?", re.I)  # an F-16 is a plane, f/16 none


def is_camera(word: str) -> bool:
    """Whether ``word`` names a camera, a lens or how it was set."""
    return bool(CAMERA.fullmatch(word.replace("_", "")) or SETTING.fullmatch(word))


F_NUMBERS = dropping("f-numbers", F_NUMBER.fullmatch)
CAMERAS = dropping("cameras", is_camera)
