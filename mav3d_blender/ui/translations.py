"""What the sidebar says in other languages, through Blender's own translation system.

Blender translates labels, names and buttons by itself where it knows the English text; a text made of parts is translated where
it is put together.
"""

from __future__ import annotations

import bpy

DOMAIN, CONTEXT = "mav3d", "MAV3D"
# Blender's names of the languages, in the order of TEXTS.
LOCALES = ("de_DE", "es", "fr_FR", "ja_JP", "zh_HANS")
# By English text: German, Spanish, French, Japanese, Chinese.
TEXTS = {
    # Panels
    "Placement": ("Platzierung", "Colocación", "Placement", "配置", "放置"),
    "Details": ("Details", "Detalles", "Détails", "詳細", "细节"),
    "Models": ("Modelle", "Modelos", "Modèles", "モデル", "模型"),
    "Selected Result": (
        "Ausgewähltes Ergebnis", "Resultado seleccionado", "Résultat sélectionné", "選択中の結果", "选中的结果",
    ),
    "Jobs": ("Aufträge", "Trabajos", "Tâches", "ジョブ", "任务"),
    "Mesh Sequence": ("Mesh-Sequenz", "Secuencia de mallas", "Séquence de maillages", "メッシュシーケンス", "网格序列"),
    "Engine": ("Engine", "Motor", "Moteur", "エンジン", "引擎"),
    "Known Words": ("Bekannte Wörter", "Palabras conocidas", "Mots connus", "使える単語", "可用词语"),
    "Recent Prompts": ("Letzte Prompts", "Prompts recientes", "Prompts récents", "最近のプロンプト", "最近的提示词"),
    "Jobs and Engine": ("Aufträge und Engine", "Trabajos y motor", "Tâches et moteur", "ジョブとエンジン", "任务与引擎"),
    # Settings
    "Prompt": ("Prompt", "Prompt", "Prompt", "プロンプト", "提示词"),
    "Image": ("Bild", "Imagen", "Image", "画像", "图像"),
    "Quality": ("Qualität", "Calidad", "Qualité", "品質", "质量"),
    "Seed": ("Seed", "Semilla", "Graine", "シード", "随机种"),
    "Random Seed": ("Zufälliger Seed", "Semilla aleatoria", "Graine aléatoire", "ランダムシード", "随机种子"),
    "Size": ("Größe", "Tamaño", "Taille", "サイズ", "尺寸"),
    "Origin": ("Ursprung", "Origen", "Origine", "原点", "原点"),
    "Bottom": ("Unten", "Abajo", "Bas", "下", "底部"),
    "Center": ("Mitte", "Centro", "Centre", "中心", "中心"),
    "At 3D Cursor": ("Am 3D-Cursor", "En el cursor 3D", "Au curseur 3D", "3Dカーソルに置く", "在 3D 游标处"),
    "Beside Others": ("Neben anderen", "Junto a otros", "À côté des autres", "他の横に置く", "置于其他物体旁"),
    "Start Frame": ("Startframe", "Inicio", "Image de début", "開始フレーム", "起始帧"),
    "Repeat": ("Wiederholen", "Repetir", "Répéter", "繰り返し", "重复"),
    "Loop": ("Schleife", "Bucle", "Boucle", "ループ", "循环"),
    "Ping-Pong": ("Ping-Pong", "Ping-pong", "Ping-pong", "ピンポン", "往复"),
    "Hold": ("Halten", "Mantener", "Maintenir", "保持", "保持"),
    "Speed": ("Tempo", "Velocidad", "Vitesse", "速度", "速度"),
    "Reverse": ("Rückwärts", "Invertir", "Inverser", "逆再生", "反向"),
    "Retime": ("Tempo ändern", "Cambiar tiempo", "Changer le rythme", "タイミング変更", "调整时间"),
    "Smooth Motion": ("Bewegung glätten", "Suavizar", "Lisser le mouvement", "動きを滑らかに", "平滑动作"),
    "Strength": ("Stärke", "Intensidad", "Force", "強さ", "强度"),
    "Original Speed": ("Originaltempo", "Velocidad original", "Vitesse d'origine", "元の速度", "原速"),
    "Frame by Frame": ("Bild für Bild", "Fotograma a fotograma", "Image par image", "1フレームずつ", "逐帧"),
    "Set Scene Rate": ("Szenenrate setzen", "Fijar tasa de escena", "Régler la scène", "シーンに設定", "设置场景帧率"),
    "Frames": ("Frames", "Fotogramas", "Images", "フレーム数", "帧数"),
    "Frame Rate": ("Bildrate", "Fotogramas/s", "Images/s", "フレームレート", "帧率"),
    "Topology": ("Topologie", "Topología", "Topologie", "トポロジー", "拓扑"),
    "Automatic": ("Automatisch", "Automático", "Automatique", "自動", "自动"),
    "One Mesh": ("Ein Mesh", "Una malla", "Un maillage", "1つのメッシュ", "单个网格"),
    "One Mesh with Bones": (
        "Ein Mesh mit Knochen", "Una malla con huesos", "Un maillage avec os", "ボーン付きメッシュ", "带骨骼的网格",
    ),
    "Armature": ("Armatur", "Esqueleto", "Armature", "アーマチュア", "骨架"),
    "One Mesh per Frame": (
        "Ein Mesh pro Frame", "Una malla por fotograma", "Un maillage par image", "毎フレームのメッシュ", "每帧一个网格",
    ),
    "Say Word": ("Wort einsetzen", "Poner palabra", "Mettre un mot", "単語を入れる", "填入词语"),
    "Pick…": ("Wählen …", "Elegir…", "Choisir…", "選ぶ…", "选择…"),
    "Not Said": ("Nicht gesagt", "Sin decir", "Non précisé", "指定なし", "不指定"),
    "Limb Motion": ("Gliederbewegung", "Mov. de miembros", "Mouvement des membres", "手足の動き", "肢体动作"),
    "Object": ("Objekt", "Objeto", "Objet", "オブジェクト", "物体"),
    "Color": ("Farbe", "Color", "Couleur", "色", "颜色"),
    "Shape Steps": ("Formschritte", "Pasos de forma", "Étapes forme", "形状ステップ", "形状步数"),
    "Motion Steps": ("Bewegungsschritte", "Pasos de movim.", "Étapes mouvement", "動きステップ", "运动步数"),
    "Detail Steps": ("Detailschritte", "Pasos de detalle", "Étapes détail", "細部ステップ", "细节步数"),
    "Keep Going": ("Weitermachen", "Seguir adelante", "Continuer malgré tout", "続行する", "继续进行"),
    "Live Preview": ("Live-Vorschau", "Vista previa", "Aperçu en direct", "ライブプレビュー", "实时预览"),
    "Image Model": ("Bildmodell", "Modelo de imagen", "Modèle d'image", "画像モデル", "图像模型"),
    "Video Model": ("Videomodell", "Modelo de vídeo", "Modèle vidéo", "動画モデル", "视频模型"),
    "Upscaler": ("Hochskalierer", "Escalador", "Agrandisseur", "超解像", "放大模型"),
    "Negative Prompt": ("Negativer Prompt", "Prompt negativo", "Prompt négatif", "ネガティブプロンプト", "负面提示词"),
    "Guidance Scale": ("Guidance-Skala", "Escala de guía", "Échelle de guidage", "ガイダンススケール", "引导比例"),
    "Image Adapter": ("Bildadapter", "Adaptador de imagen", "Adaptateur d'image", "画像アダプター", "图像适配器"),
    "Memory": ("Speicher", "Memoria", "Mémoire", "メモリ", "内存"),
    "Draft": ("Entwurf", "Borrador", "Brouillon", "ドラフト", "草稿"),
    "Standard": ("Standard", "Estándar", "Standard", "標準", "标准"),
    "High": ("Hoch", "Alta", "Haute", "高", "高"),
    "Low": ("Niedrig", "Baja", "Basse", "低", "低"),
    # Buttons
    "Generate": ("Generieren", "Generar", "Générer", "生成", "生成"),
    "Animate This Mesh": (
        "Dieses Mesh animieren", "Animar esta malla", "Animer ce maillage", "このメッシュを動かす", "让此网格动起来",
    ),
    "Estimate": ("Schätzen", "Estimar", "Estimer", "見積もり", "估算"),
    "Fetch Models": ("Modelle laden", "Descargar modelos", "Télécharger", "モデルを取得", "下载模型"),
    "Regenerate": ("Neu generieren", "Regenerar", "Régénérer", "再生成", "重新生成"),
    "Try Four Seeds": (
        "Vier Seeds testen", "Probar cuatro semillas", "Essayer quatre graines", "4つのシードを試す", "尝试四个随机种",
    ),
    "Choose": ("Wählen", "Elegir", "Choisir", "選択", "选择"),
    "Close Drafts": ("Entwürfe schließen", "Cerrar borradores", "Fermer les essais", "下書きを閉じる", "关闭草稿"),
    "Better Quality": ("Bessere Qualität", "Mejor calidad", "Meilleure qualité", "品質を上げる", "提高质量"),
    "Vary": ("Variieren", "Variar", "Varier", "バリエーション", "变体"),
    "Continue Optimizing": (
        "Weiter optimieren", "Seguir optimizando", "Poursuivre l'optimisation", "最適化を続ける", "继续优化",
    ),
    "To Transform Keys": ("Zu Transform-Keys", "A claves de transf.", "En clés de transf.", "変形キーへ", "转为变换键"),
    "Convert to Transform Keys": (
        "In Transformations-Keys", "A claves de transformación", "En clés de transformation", "変形キーに変換",
        "转换为变换关键帧",
    ),
    "Bake to Frames": ("Zu Frames backen", "Capturar fotogramas", "Précalculer les images", "フレームにベイク", "烘焙为帧"),
    "To Shape Keys": ("Zu Shape Keys", "A formas clave", "En clés de forme", "シェイプキーへ", "转为形态键"),
    "Edit This Frame": (
        "Diesen Frame bearbeiten", "Editar este fotograma", "Éditer cette image", "このフレームを編集", "编辑此帧",
    ),
    "Back to Sequence": ("Zurück zur Sequenz", "Volver a la secuencia", "Retour à la séquence", "シーケンスに戻る", "返回序列"),
    "Mark as Asset": (
        "Als Asset markieren", "Marcar como recurso", "Marquer comme asset", "アセットとしてマーク", "标记为资产",
    ),
    "Export Result": ("Ergebnis exportieren", "Exportar resultado", "Exporter le résultat", "結果をエクスポート", "导出结果"),
    "Import Asset": ("Asset importieren", "Importar recurso", "Importer un asset", "アセットをインポート", "导入资产"),
    "Mesh Sequence to One Mesh": (
        "Sequenz zu einem Mesh", "Secuencia a una malla", "Séquence en un maillage", "1つのメッシュにする", "序列转单个网格",
    ),
    "Mesh Files to One Mesh": (
        "Dateien zu einem Mesh", "Archivos a una malla", "Fichiers en un maillage", "ファイルを1つに", "文件转单个网格",
    ),
    "Cancel": ("Abbrechen", "Cancelar", "Annuler", "キャンセル", "取消"),
    "Finish Now": ("Jetzt fertigstellen", "Terminar ahora", "Terminer ici", "ここで完成", "立即完成"),
    "Resume": ("Fortsetzen", "Reanudar", "Reprendre", "再開", "继续"),
    "Retry": ("Wiederholen", "Reintentar", "Réessayer", "やり直す", "重试"),
    "Place": ("Platzieren", "Colocar", "Placer", "配置", "放置"),
    "Clear Finished": ("Fertige entfernen", "Quitar terminados", "Effacer les terminées", "完了分を消去", "清除已完成"),
    "Dismiss": ("Ausblenden", "Descartar", "Masquer", "閉じる", "忽略"),
    "Stop Engine": ("Engine stoppen", "Detener motor", "Arrêter le moteur", "エンジンを停止", "停止引擎"),
    "Show Log": ("Log zeigen", "Ver registro", "Afficher le journal", "ログを表示", "显示日志"),
    "Set Up Engine …": (
        "Engine einrichten …", "Configurar motor …", "Configurer le moteur …", "エンジンを設定 …", "设置引擎 …",
    ),
    "Documentation": ("Dokumentation", "Documentación", "Documentation", "ドキュメント", "文档"),
    # Jobs
    "No jobs yet": ("Noch keine Aufträge", "Aún no hay trabajos", "Aucune tâche", "ジョブはまだありません", "暂无任务"),
    "No prompts yet": ("Noch keine Prompts", "Aún no hay prompts", "Aucun prompt", "プロンプトはまだありません", "暂无提示词"),
    "Queued": ("Wartet", "En cola", "En attente", "待機中", "排队中"),
    "Starting": ("Startet", "Iniciando", "Démarrage", "開始中", "正在启动"),
    "Done": ("Fertig", "Hecho", "Terminé", "完了", "完成"),
    "Done, not placed yet": (
        "Fertig, nicht platziert", "Hecho, sin colocar", "Terminé, non placé", "完了・未配置", "完成，尚未放置",
    ),
    "Stopping, keeping a checkpoint": (
        "Stoppt, speichert", "Deteniendo, guardando", "Arrêt, sauvegarde", "停止・保存中", "停止并保存中",
    ),
    "Stopped": ("Gestoppt", "Detenido", "Arrêté", "停止", "已停止"),
    "Interrupted": ("Unterbrochen", "Interrumpido", "Interrompu", "中断", "已中断"),
    "Failed": ("Fehlgeschlagen", "Falló", "Échec", "失敗", "失败"),
    "Waits until the render ends": (
        "Wartet auf Rendern", "Espera al render", "Attend le rendu", "レンダー終了待ち", "等待渲染结束",
    ),
    "Waits until the tool ends": (
        "Wartet auf Werkzeug", "Espera a la herramienta", "Attend l'outil", "ツール終了待ち", "等待工具结束",
    ),
    "Waits for Object Mode": (
        "Wartet auf Objektmodus", "Espera modo Objeto", "Attend le mode Objet", "オブジェクトモード待ち", "等待物体模式",
    ),
    "Shape": ("Form", "Forma", "Forme", "形状", "形状"),
    "Motion": ("Bewegung", "Movimiento", "Mouvement", "動き", "运动"),
    "Detail": ("Detail", "Detalle", "Détail", "細部", "细节"),
    "Steps": ("Schritte", "Pasos", "Étapes", "ステップ", "步数"),
    "Video": ("Video", "Vídeo", "Vidéo", "動画", "视频"),
    "Adapter": ("Adapter", "Adaptador", "Adaptateur", "アダプター", "适配器"),
    "Mesh": ("Mesh", "Malla", "Maillage", "メッシュ", "网格"),
    "Tracking": ("Tracking", "Seguimiento", "Suivi", "追跡", "跟踪"),
    "Texture": ("Textur", "Textura", "Texture", "テクスチャ", "纹理"),
}  # fmt: skip


def messages() -> dict[str, dict[tuple[str, str], str]]:
    """The table as Blender takes it: by language, by context and English text. Buttons have a context of their own, and so have
    labels, since Blender's own words for the same text, which go before ours elsewhere, may be too long beside a field."""
    contexts = ("*", "Operator", CONTEXT)
    return {
        locale: {(context, text): words[number] for text, words in TEXTS.items() for context in contexts}
        for number, locale in enumerate(LOCALES)
    }


def label(text: str) -> str:
    """A setting's label in the language of the interface."""
    return bpy.app.translations.pgettext_iface(text, CONTEXT)


def register() -> None:
    """Gives Blender the table."""
    bpy.app.translations.register(DOMAIN, messages())


def unregister() -> None:
    """Takes it back."""
    bpy.app.translations.unregister(DOMAIN)
