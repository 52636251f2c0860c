"""What ComfyUI's node search finds the nodes by, besides id and title.

ComfyUI translates titles and not these, and finds nothing that begins after the first 30 characters
of a title, such as the "own key" at its end. So these are in every language at once.
"""

from __future__ import annotations

# ComfyUI's own partner nodes are called "Wan 2.7 …", so the titles of ours are not.
WITH_A_KEY = [
    *("wan 2.7", "wan27", "novita", "jiekou", "ppio", "alibaba", "dashscope", "model studio"),
    *("own key", "api key", "byok", "مفتاحك الخاص", "مفتاح API", "eigener Schlüssel", "propre clé"),
    *("API-Schlüssel", "clave propia", "clave API", "votre clé", "clé API", "自分のキー"),
    *("APIキー", "내 키", "API 키", "chave própria", "chave de API", "свой ключ", "ключ API"),
    *("kendi anahtarınız", "API anahtarı", "自有密钥", "API 密钥", "自有金鑰", "API 金鑰"),
]
IMAGE_TO_VIDEO = [
    *("i2v", "image to video", "صورة إلى فيديو", "Bild zu Video", "imagen a video"),
    *("imagen a vídeo", "image vers vidéo", "画像から動画", "이미지 비디오 변환"),
    *("이미지를 비디오로", "imagem para vídeo", "изображение в видео", "görselden videoya"),
    *("图生视频", "图像转视频", "圖片生成影片", "圖生影片"),
]
FIRST_LAST_FRAME = [
    *("flf2v", "first-last-frame", "first last frame", "keyframes", "loop", "الإطار الأول والأخير"),
    *("erster und letzter Frame", "primer y último fotograma", "première et dernière image"),
    *("最初と最後のフレーム", "첫·끝 프레임", "primeiro e último quadro"),
    *("первый и последний кадр", "ilk ve son kare", "首尾帧", "首尾幀"),
]
CONTINUATION = [
    *("continuation", "extend video", "continue video", "متابعة الفيديو", "Video fortsetzen"),
    *("continuar video", "prolonger une vidéo", "動画の続き", "비디오 이어가기"),
    *("continuar vídeo", "продолжение видео", "videoyu sürdür", "视频续写", "影片延續"),
]
TASK_POLL = [
    *(f"{words} task by its id" for words in WITH_A_KEY),  # longer: behind the other nodes
    *("task poll", "collect", "resume", "task id", "جلب المهمة", "Aufgabe abholen"),
    *("recoger tarea", "récupérer une tâche", "タスク取得", "작업 조회", "buscar tarefa"),
    *("получение задачи", "görevi al", "任务查询", "任務查詢"),
]
