"""What each setting is called and what it does, in both languages, in the order they are read."""

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "upload_rate": (
        "Upload speed",
        "올리는 속도",
        "Most bytes a second that go out with files, such as 500k or 2M; 0 is no limit.",
        "파일을 보낼 때 초당 최대 바이트입니다. 500k, 2M처럼 적고, 0이면 제한이 없습니다.",
    ),
    "download_rate": (
        "Download speed",
        "받는 속도",
        "Most bytes a second that come in with files; 0 is no limit.",
        "파일을 받을 때 초당 최대 바이트입니다. 0이면 제한이 없습니다.",
    ),
    "incoming": (
        "Folder for downloads",
        "받는 폴더",
        "Where downloads go; never a folder that you share.",
        "받은 것이 놓이는 곳입니다. 공유하는 폴더와는 달라야 합니다.",
    ),
    "watch_folder": (
        "Watched folder",
        "지켜보는 폴더",
        "Torrent files and magnets put there are fetched, then moved to `done` or `failed` in it.",
        "토렌트 파일이나 마그넷을 넣으면 받기 시작하고, 그 안의 `done`이나 `failed`로 옮깁니다.",
    ),
    "lang": (
        "Language of the terminal",
        "터미널의 말",
        "What `kkiri up` greets in; this page goes by your browser.",
        "`kkiri up`이 인사하는 말입니다. 이 페이지는 브라우저의 말을 따릅니다.",
    ),
    "lan": (
        "Look nearby",
        "가까운 곳에서 찾기",
        "Meet other kkiri on the same local network by themselves (public network only).",
        "같은 집이나 사무실의 끼리를 저절로 만납니다. 모두와(public) 네트워크에서만 씁니다.",
    ),
    "hub_bytes": (
        "Room for the hub",
        "허브가 쓸 자리",
        "How much your hub may keep of everybody's listings, such as 2G.",
        "내 허브가 모두의 목록을 얼마나 간직할지 정합니다. 2G처럼 적습니다.",
    ),
    "torrent_port": (
        "Port for files",
        "파일 포트",
        "Where other peers dial for files; 0 keeps any free one.",
        "남이 파일을 받으러 오는 포트입니다. 0이면 빈 포트를 골라 계속 씁니다.",
    ),
    "port": (
        "Port of this page",
        "이 페이지의 포트",
        "Always on this machine only; 0 keeps any free one.",
        "언제나 이 컴퓨터에서만 열립니다. 0이면 빈 포트를 골라 계속 씁니다.",
    ),
    "listen": (
        "Address of the hub",
        "허브 주소",
        "HOST:PORT that your hub listens on; port 0 keeps any free one.",
        "내 허브가 듣는 주소(HOST:PORT)입니다. 포트 0이면 빈 포트를 골라 계속 씁니다.",
    ),
    "advertise": (
        "Address that others are told",
        "남에게 알리는 주소",
        "Only if others must dial your hub at another address than kkiri finds out.",
        "끼리가 알아낸 주소와 다른 주소로 내 허브에 와야 할 때만 적습니다.",
    ),
    "network": (
        "Network",
        "네트워크",
        "Public is everybody; private is only the hubs you name.",
        "public은 모두와, private는 이름을 댄 허브끼리만입니다.",
    ),
    "bootstrap": (
        "First hubs",
        "처음 부르는 허브",
        "Hubs that are called first at every start.",
        "켤 때마다 가장 먼저 부르는 허브입니다.",
    ),
    "dht_bootstrap": (
        "First DHT nodes",
        "처음 묻는 DHT 노드",
        "Nodes of a DHT through which a private network meets.",
        "사설 네트워크가 서로 만나는 DHT 노드입니다.",
    ),
}
"""Title and explanation, each in English and Korean."""
